public import MeshCore
public import MeshDiscovery

/// Checks a resolver against the rules of the `Resolver` protocol.
///
/// Works in any test framework: ``check()`` throws a ``ResolverConformanceError`` that lists the violated rules.
///
/// ```swift
/// @Test func `the registry resolver obeys the rules of resolvers`() async throws {
///     try await ResolverConformance {
///         let registry = FakeRegistry()
///         return ResolverConformance.Subject(
///             RegistryResolver(registry),
///             change: { registry.instances = $0 },
///             fail: { registry.isDown = true }
///         )
///     }.check()
/// }
/// ```
///
/// Nothing here knows how long a resolver takes. Where an answer is expected the suite waits for it, for at most
/// ``patience``; that something is *not* yielded it finds out by the order of what comes after.
public struct ResolverConformance: Sendable {
    /// A resolver over a source of its own, and the levers of that source.
    public struct Subject: Sendable {
        /// The resolver.
        public var resolver: any Resolver
        /// Makes the source answer this set, healing it if it is broken. `nil` if the source cannot change.
        public var change: (@Sendable (EndpointSet) async throws -> Void)?
        /// Breaks the source. `nil` if it cannot fail.
        public var fail: (@Sendable () async throws -> Void)?
        /// Called again and again while the suite waits: advances a manual clock, for instance. Sleeps for a
        /// millisecond unless said otherwise.
        public var tick: @Sendable () async throws -> Void
        /// How many tasks, descriptors, sockets or subscriptions of the resolver exist now. `nil` if that cannot be
        /// told.
        public var resources: (@Sendable () async -> Int)?

        /// Creates a subject.
        public init(
            _ resolver: any Resolver,
            change: (@Sendable (EndpointSet) async throws -> Void)? = nil,
            fail: (@Sendable () async throws -> Void)? = nil,
            tick: @escaping @Sendable () async throws -> Void = { try await Task.sleep(for: .milliseconds(1)) },
            resources: (@Sendable () async -> Int)? = nil
        ) {
            self.resolver = resolver
            self.change = change
            self.fail = fail
            self.tick = tick
            self.resources = resources
        }
    }

    /// How long to wait, on the machine's clock, for something that must happen; 10 s by default. On a machine so busy
    /// that hardly a tick fits into it the wait is longer.
    public var patience: Duration

    private let makeSubject: @Sendable () async throws -> Subject

    /// Creates the suite.
    ///
    /// - Parameters:
    ///   - patience: How long to wait, on the machine's clock, for something that must happen.
    ///   - makeSubject: Makes a resolver over a working source. Called once for each rule.
    public init(patience: Duration = .seconds(10), _ makeSubject: @escaping @Sendable () async throws -> Subject) {
        self.patience = patience
        self.makeSubject = makeSubject
    }

    /// Checks every rule and says which hold.
    ///
    /// - Throws: What making or driving a subject throws.
    public func report() async throws -> ResolverConformanceReport {
        var report = ResolverConformanceReport()
        for rule in ResolverRule.allCases {
            do throws(Finding) {
                let subject: Subject
                do { subject = try await makeSubject() } catch { throw .broken(error) }
                try await Examination(subject: subject, patience: patience).check(rule)
                report.passed.append(rule)
            } catch {
                switch error {
                case .violation(let what): report.violations.append(.init(rule: rule, what: what))
                case .notApplicable(let why): report.skipped.append(.init(rule: rule, why: why))
                case .broken(let error): throw error
                }
            }
        }
        return report
    }

    /// Checks every rule.
    ///
    /// - Returns: Which rules were checked and which could not be, for want of a lever.
    /// - Throws: ``ResolverConformanceError`` if a rule is violated; what making or driving a subject throws.
    @discardableResult
    public func check() async throws -> ResolverConformanceReport {
        let report = try await report()
        guard report.violations.isEmpty else { throw ResolverConformanceError(violations: report.violations) }
        return report
    }
}

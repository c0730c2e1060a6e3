public import MeshLoadBalancing

/// Checks a load balancing policy against the rules that all policies of the mesh obey.
///
/// Works in any test framework: ``check()`` throws a ``LoadBalancingConformanceError`` that lists the violated rules.
///
/// ```swift
/// @Test func `our policy obeys the rules`() throws {
///     try LoadBalancingConformance(.custom(CustomPolicy("nearest") { choices, random in … })).check()
/// }
/// ```
///
/// A policy that goes by what endpoints say of their load is examined twice: while they say nothing, and while all report
/// the same load and answer probes with it.
///
/// Runs in logical time, without sockets and tasks, with a seed: the same verdict every time.
public struct LoadBalancingConformance: Sendable {
    /// The policy to examine.
    public var policy: LoadBalancingPolicy
    /// What narrows the choice before the policy; the kit sets the panic threshold itself.
    public var routing: EndpointRouting
    /// Rules that do not apply: a policy that sends all calls to the nearest does not share alike.
    public var exempt: Set<LoadBalancingRule>
    /// How far a share may be from what it should be, as a part of it; 0.1 by default.
    public var tolerance: Double
    /// The seed of the picks.
    public var seed: UInt64

    /// Creates the kit.
    public init(
        _ policy: LoadBalancingPolicy,
        routing: EndpointRouting = EndpointRouting(),
        exempt: Set<LoadBalancingRule> = [],
        tolerance: Double = 0.1,
        seed: UInt64 = 1
    ) {
        self.policy = policy
        self.routing = routing
        self.exempt = exempt
        self.tolerance = tolerance
        self.seed = seed
    }

    /// Checks every rule and says which hold.
    public func report() -> LoadBalancingConformanceReport {
        var report = LoadBalancingConformanceReport()
        for rule in LoadBalancingRule.allCases where !exempt.contains(rule) {
            do throws(LoadBalancingExamination.Finding) {
                for said in policy.listens ? LoadBalancingExamination.Said.allCases : [.nothing] {
                    let examination = LoadBalancingExamination(
                        policy: policy,
                        routing: routing,
                        tolerance: tolerance,
                        seed: seed,
                        said: said
                    )
                    try examination.check(rule)
                }
                report.passed.append(rule)
            } catch {
                report.violations.append(.init(rule: rule, what: error.what))
            }
        }
        return report
    }

    /// Checks every rule.
    ///
    /// - Returns: The rules that were checked.
    /// - Throws: ``LoadBalancingConformanceError`` if a rule is violated.
    @discardableResult
    public func check() throws(LoadBalancingConformanceError) -> LoadBalancingConformanceReport {
        let report = report()
        guard report.violations.isEmpty else {
            throw LoadBalancingConformanceError(policy: policy.name, violations: report.violations)
        }
        return report
    }
}

extension LoadBalancingPolicy {
    /// Whether it goes by what endpoints say of their load.
    fileprivate var listens: Bool {
        switch self {
        case .reportedWeights, .prequal: true
        default: false
        }
    }
}

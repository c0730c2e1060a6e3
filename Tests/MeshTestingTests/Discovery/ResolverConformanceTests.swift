import MeshCore
import MeshDiscovery
import MeshTesting
import Synchronization
import Testing

/// A resolver with one fault, over a source that works.
private struct FaultyResolver: Resolver {
    enum Fault: CaseIterable {
        case endsOnFailure, repeatsEqualSets, hidesEmptySets, remembersWhatItBeganWith, ignoresCancellation
        case leaksWhenDropped, staysSilentAfterRecovery, losesTheNewest, isSilentAtTheStart
    }

    let fault: Fault
    let source: ScriptedResolver
    let released = Flags()

    func resolutions() -> AsyncStream<Resolution> {
        let (stream, continuation) = AsyncStream.makeStream(of: Resolution.self)
        let source = source
        let fault = fault
        let released = released
        released.begin()
        let task = Task {
            var lastSet: EndpointSet?
            var isFirst = true
            for await resolution in source.resolutions() {
                defer { isFirst = false }
                switch (fault, resolution) {
                case (.endsOnFailure, .failure): continuation.finish()
                case (.repeatsEqualSets, .endpoints):
                    continuation.yield(resolution)
                    continuation.yield(resolution)
                case (.hidesEmptySets, .endpoints(.empty)): break
                case (.remembersWhatItBeganWith, .endpoints) where !released.first(resolution): break
                case (.staysSilentAfterRecovery, .endpoints(let set)) where set == lastSet: break
                case (.losesTheNewest, _) where !isFirst: break
                case (.isSilentAtTheStart, _) where isFirst: break
                default: continuation.yield(resolution)
                }
                if case .endpoints(let set) = resolution { lastSet = set }
            }
            continuation.finish()
            released.end()
        }
        continuation.onTermination = { _ in
            if fault != .leaksWhenDropped, fault != .ignoresCancellation { task.cancel() }
        }
        return stream
    }
}

private final class Flags: Sendable {
    private let state = Mutex((active: 0, first: Resolution?.none))
    func begin() { state.withLock { $0.active += 1 } }
    func end() { state.withLock { $0.active -= 1 } }
    var active: Int { state.withLock { $0.active } }

    func first(_ resolution: Resolution) -> Bool {
        state.withLock { state in
            if state.first == nil { state.first = resolution }
            return state.first == resolution
        }
    }
}

struct ResolverConformanceTests {
    @Test(arguments: FaultyResolver.Fault.allCases)
    fileprivate func `finds the fault`(_ fault: FaultyResolver.Fault) async throws {
        let expected: [ResolverRule] =
            switch fault {
            case .endsOnFailure: [.failuresAreElements, .survivesFailingAtTheStart]
            case .repeatsEqualSets: [.yieldsEqualSetsOnce]
            case .hidesEmptySets: [.emptyIsAnAnswer]
            case .remembersWhatItBeganWith: [.beginsWithTheCurrentAnswer, .yieldsWholeSets]
            case .ignoresCancellation: [.freesResourcesWhenCancelled]
            case .leaksWhenDropped: [.freesResourcesWhenDropped]
            case .staysSilentAfterRecovery: [.announcesRecovery]
            case .losesTheNewest: [.yieldsWholeSets, .slowReadersGetTheNewest]
            case .isSilentAtTheStart: [.beginsWithTheCurrentAnswer]
            }
        let report = try await ResolverConformance(patience: .milliseconds(50)) {
            let source = ScriptedResolver()
            let resolver = FaultyResolver(fault: fault, source: source)
            return ResolverConformance.Subject(
                resolver,
                change: { source.yield($0) },
                fail: { source.fail() },
                tick: { await Task.yield() },
                resources: { resolver.released.active }
            )
        }.report()
        let violated = Set(report.violations.map(\.rule))
        for rule in expected { #expect(violated.contains(rule), "\(report.violations)") }
    }

    @Test func `lists the violated rules in its error`() async throws {
        let suite = ResolverConformance(patience: .milliseconds(20)) {
            let source = ScriptedResolver()
            return ResolverConformance.Subject(source, change: { _ in }, tick: { await Task.yield() })
        }
        let error = await #expect(throws: ResolverConformanceError.self) { try await suite.check() }
        #expect(error?.description.contains("- beginsWithTheCurrentAnswer: ") == true)
    }

    @Test func `passes on what a lever throws`() async throws {
        struct LeverError: Error {}
        let suite = ResolverConformance { () async throws -> ResolverConformance.Subject in throw LeverError() }
        await #expect(throws: LeverError.self) { try await suite.check() }
    }
}

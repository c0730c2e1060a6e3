public import MeshCore
import Synchronization

/// Follows a resolver and keeps the set in force: the last good one, stabilised.
///
/// ```swift
/// let watcher = EndpointWatcher(
///     resolver,
///     onUpdate: { balancer.update($0) },
///     onEvent: { logger.info("\($0)") }
/// )
/// await withTaskGroup { group in
///     group.addTask { await watcher.run() }
///     …
///     group.cancelAll()
/// }
/// ```
///
/// Whoever creates a watcher runs it: it does nothing outside ``run()``, and leaves nothing behind.
public final class EndpointWatcher: Sendable {
    private struct State {
        var hasBegun = false
        var current: EndpointSet?
        var lastFailure: ResolutionError?
    }

    private let resolver: any Resolver
    private let stabilization: Stabilization
    private let clock: MeshClock
    private let onUpdate: @Sendable (EndpointSet) -> Void
    private let onEvent: @Sendable (DiscoveryEvent) -> Void
    private let state = Mutex(State())
    private let refreshLimit: Mutex<RefreshLimit>

    /// Creates a watcher.
    ///
    /// - Parameters:
    ///   - resolver: Whom to follow.
    ///   - stabilization: How far to trust it.
    ///   - refreshInterval: At most one hint in this time is passed on to the resolver; 1 s by default.
    ///   - clock: What measures grace periods, intervals and deadlines.
    ///   - onUpdate: Called with every set that comes into force, in order, from one task, before ``current`` is.
    ///     Should return quickly; sets that are replaced meanwhile are left out.
    ///   - onEvent: Called with every event, after `onUpdate`, in the same way.
    /// - Precondition: `refreshInterval` is not negative.
    public init(
        _ resolver: any Resolver,
        stabilization: Stabilization = Stabilization(),
        refreshInterval: Duration = .seconds(1),
        clock: MeshClock = .continuous,
        onUpdate: @escaping @Sendable (EndpointSet) -> Void = { _ in },
        onEvent: @escaping @Sendable (DiscoveryEvent) -> Void = { _ in }
    ) {
        self.resolver = resolver
        self.stabilization = stabilization
        self.clock = clock
        self.onUpdate = onUpdate
        self.onEvent = onEvent
        refreshLimit = Mutex(RefreshLimit(interval: refreshInterval))
    }

    /// The set in force; `nil` before the first good answer. Stays readable after ``run()`` has returned.
    public var current: EndpointSet? {
        state.withLock { $0.current }
    }

    /// What the source failed with last; `nil` if it works, or has said nothing yet.
    public var lastFailure: ResolutionError? {
        state.withLock { $0.lastFailure }
    }

    /// Follows the resolver until the task is cancelled.
    ///
    /// If the resolver's sequence ends, the last good set stays in force. When this method returns nothing is running
    /// any more.
    ///
    /// - Precondition: Called once.
    public func run() async {
        state.withLock { state in
            precondition(!state.hasBegun, "an endpoint watcher runs once")
            state.hasBegun = true
        }
        var stabilizer = EndpointStabilizer(stabilization)
        var hasSpoken = false
        await follow([resolver], clock: clock) { news, now in
            for (_, news) in news {
                switch news {
                case .answer(let resolution):
                    if case .endpoints = resolution { state.withLock { $0.lastFailure = nil } }
                    publish(stabilizer.receive(resolution, at: now))
                case .end where !hasSpoken: publish(stabilizer.receive(.endedSilently(resolver), at: now))
                case .end: break
                }
                hasSpoken = true
            }
            publish(stabilizer.settle(at: now))
            return stabilizer.nextRemoval
        }
        await untilCancelled()
    }

    /// Tells the resolver that its answer is doubted, because a connection was refused for instance. At most once per
    /// refresh interval, so it may be called for every refused connection.
    public func refresh() {
        let now = clock.now
        guard refreshLimit.withLock({ $0.admits(at: now) }) else { return }
        resolver.refresh()
    }
}

extension EndpointWatcher {
    /// Only ``run()`` calls this, so sets and events come out in order.
    private func publish(_ decision: EndpointStabilizer.Decision) {
        switch decision {
        case .unchanged:
            break
        case .apply(let set, let added, let removed):
            onUpdate(set)
            state.withLock { $0.current = set }
            onEvent(.updated(added: added, removed: removed, total: set.count))
        case .keepAfterFailure(let error):
            state.withLock { $0.lastFailure = error }
            onEvent(.failed(error))
        case .keepDespiteEmpty:
            onEvent(.emptyIgnored(total: current?.count ?? 0))
        }
    }

    private func untilCancelled() async {
        let (stream, continuation) = AsyncStream.makeStream(of: Never.self)
        for await _ in stream {}
        continuation.finish()
    }
}

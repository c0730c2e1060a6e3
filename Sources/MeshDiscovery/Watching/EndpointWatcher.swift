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
    private enum Phase { case idle, running, ended }

    private struct State {
        var phase = Phase.idle
        var current: EndpointSet?
        var lastFailure: ResolutionError?
        var observers: [UInt64: AsyncStream<EndpointSet>.Continuation] = [:]
        var nextObserver: UInt64 = 0
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
    ///   - onUpdate: Called with every set that comes into force, in order, from one task, before anyone else sees it.
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
    /// any more, and all ``updates`` have ended.
    ///
    /// - Precondition: Called once.
    public func run() async {
        state.withLock { state in
            precondition(state.phase == .idle, "an endpoint watcher runs once")
            state.phase = .running
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
        let observers = state.withLock { state in
            state.phase = .ended
            defer { state.observers = [:] }
            return state.observers
        }
        for observer in observers.values { observer.finish() }
    }

    /// The set in force, now and whenever it changes. Each access begins a stream of its own.
    ///
    /// A slow reader misses sets in between, never the last. The stream ends when ``run()`` returns, and when the task
    /// that reads it is cancelled.
    public var updates: AsyncStream<EndpointSet> {
        let (stream, observer) = AsyncStream.makeStream(of: EndpointSet.self, bufferingPolicy: .bufferingNewest(1))
        let id: UInt64? = state.withLock { state in
            // Inside the lock, so that no newer set can come before this one.
            if let current = state.current { observer.yield(current) }
            guard state.phase != .ended else { return nil }
            state.nextObserver += 1
            state.observers[state.nextObserver] = observer
            return state.nextObserver
        }
        guard let id else {
            observer.finish()
            return stream
        }
        observer.onTermination = { [weak self] _ in
            self?.state.withLock { _ = $0.observers.removeValue(forKey: id) }
        }
        return stream
    }

    /// The set in force, as soon as there is one. An empty first answer is one, too.
    ///
    /// Failures of the source do not end the wait: it may recover. Once there has been an answer this costs a lock and
    /// does not suspend.
    ///
    /// - Throws: ``NoEndpointsYetError`` at the deadline or when ``run()`` returns; `CancellationError` when the task is
    ///   cancelled.
    public func first(by deadline: Deadline = .none) async throws -> EndpointSet {
        if let current { return current }
        let start = clock.now
        await withTaskGroup { group in
            let updates = updates
            group.addTask { for await _ in updates { return } }
            if deadline.isFinite {
                group.addTask { [clock] in try? await clock.sleep(until: deadline.instant) }
            }
            await group.next()
            group.cancelAll()
        }
        if let current { return current }
        try Task.checkCancellation()
        let (phase, lastFailure) = state.withLock { ($0.phase, $0.lastFailure) }
        throw NoEndpointsYetError(
            phase == .ended ? .stopped : .deadlineExceeded,
            lastFailure: lastFailure,
            waited: start.duration(to: clock.now)
        )
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
            let observers = state.withLock { state in
                state.current = set
                return state.observers
            }
            for observer in observers.values { observer.yield(set) }
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

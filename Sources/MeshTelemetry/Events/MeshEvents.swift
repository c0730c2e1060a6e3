import Synchronization

/// Where the events of a mesh come together, and where whoever is interested gets them from.
///
/// ```swift
/// let subscription = mesh.events.subscribe()
/// for await event in subscription { print(event) }
/// ```
///
/// Publishing never waits: a subscriber that is too slow loses the oldest events, and can see how many. Without a
/// subscriber it costs a few nanoseconds, and the event is not even made.
public final class MeshEvents: Sendable {
    private struct Subscriber: Sendable {
        let id: UInt64
        let continuation: AsyncStream<MeshEvent>.Continuation
        let dropped: DropCounter
    }

    private struct State {
        var nextID: UInt64 = 0
        var subscribers: [Subscriber] = []
        var isFinished = false
    }

    private let state = Mutex(State())
    private let count = Atomic(0)

    /// Creates a hub without subscribers.
    package init() {}

    deinit { finish() }

    /// Ends every subscription, and lets nothing be published any more.
    package func finish() {
        let subscribers = state.withLock { state in
            state.isFinished = true
            count.store(0, ordering: .relaxed)
            defer { state.subscribers = [] }
            return state.subscribers
        }
        for subscriber in subscribers { subscriber.continuation.finish() }
    }

    /// How many subscribers there are.
    var subscriberCount: Int { count.load(ordering: .relaxed) }

    /// Hands an event to all subscribers. Never waits; may be called from anywhere.
    ///
    /// - Parameter event: Evaluated once, and only if there is a subscriber.
    package func publish(_ event: @autoclosure () -> MeshEvent) {
        guard count.load(ordering: .relaxed) > 0 else { return }
        let event = event()
        // Outside the lock: waking a subscriber runs code of its executor.
        for subscriber in state.withLock({ $0.subscribers }) {
            if case .dropped = subscriber.continuation.yield(event) { subscriber.dropped.increment() }
        }
    }

    /// Begins to collect events for one subscriber, from now on.
    ///
    /// - Parameter limit: How many events wait for a slow subscriber; beyond that the oldest is lost. 256 by default.
    /// - Precondition: `limit` is positive.
    /// - Returns: The events. Ends with the hub. Dropping it, or cancelling the task that iterates, frees its place.
    public func subscribe(bufferingNewest limit: Int = 256) -> EventSubscription {
        precondition(limit > 0, "a subscriber needs room for one event at least, not \(limit)")
        let (stream, continuation) = AsyncStream.makeStream(
            of: MeshEvent.self,
            bufferingPolicy: .bufferingNewest(limit)
        )
        let dropped = DropCounter()
        let id: UInt64? = state.withLock { state in
            guard !state.isFinished else { return nil }
            state.nextID += 1
            state.subscribers.append(Subscriber(id: state.nextID, continuation: continuation, dropped: dropped))
            count.store(state.subscribers.count, ordering: .relaxed)
            return state.nextID
        }
        guard let id else {
            continuation.finish()
            return EventSubscription(stream: stream, dropped: dropped)
        }
        continuation.onTermination = { [weak self] _ in self?.remove(id) }
        return EventSubscription(stream: stream, dropped: dropped)
    }

    private func remove(_ id: UInt64) {
        let removed: Subscriber? = state.withLock { state in
            guard let index = state.subscribers.firstIndex(where: { $0.id == id }) else { return nil }
            let subscriber = state.subscribers.remove(at: index)
            count.store(state.subscribers.count, ordering: .relaxed)
            return subscriber
        }
        // The buffered events go outside the lock.
        withExtendedLifetime(removed) {}
    }
}

/// Counts the events that a subscriber lost.
final class DropCounter: Sendable {
    private let count = Atomic(0)

    var value: Int { count.load(ordering: .relaxed) }

    func increment() { count.wrappingAdd(1, ordering: .relaxed) }
}

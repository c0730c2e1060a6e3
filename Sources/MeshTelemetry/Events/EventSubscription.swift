/// The events of a mesh as one subscriber gets them: those of each publisher in their order.
///
/// To be iterated once.
public struct EventSubscription: AsyncSequence, Sendable {
    /// The elements.
    public typealias Element = MeshEvent
    /// It does not fail.
    public typealias Failure = Never

    private let stream: AsyncStream<MeshEvent>
    private let dropped: DropCounter

    init(stream: AsyncStream<MeshEvent>, dropped: DropCounter) {
        self.stream = stream
        self.dropped = dropped
    }

    /// How many events were lost so far because this subscriber was too slow.
    public var droppedCount: Int { dropped.value }

    /// Begins to receive the events.
    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(base: stream.makeAsyncIterator())
    }

    /// Receives the events one by one.
    public struct AsyncIterator: AsyncIteratorProtocol {
        var base: AsyncStream<MeshEvent>.AsyncIterator

        /// The next event; `nil` when the hub is gone or the task was cancelled.
        public mutating func next() async -> MeshEvent? {
            await base.next(isolation: #isolation)
        }

        /// The next event; `nil` when the hub is gone or the task was cancelled.
        public mutating func next(isolation actor: isolated (any Actor)?) async -> MeshEvent? {
            await base.next(isolation: actor)
        }
    }
}

import Synchronization

/// Lets a source that can be read once be read again from its start, by remembering what came out of it.
///
/// The source is read in a task of its own, one chunk for each that a reader asks for, so an attempt that is cancelled
/// does not cancel the source under the next one. What was read is kept up to a limit; beyond it nothing is kept, the
/// reader at work goes on to the end, and there is no other. There is one reader at a time: a new one takes over from
/// the old, reads what is recorded and then goes on where the source stopped. The idea is that of linkerd2-proxy
/// (`linkerd/http/retry/src/replay.rs`).
///
/// Dropping the last reference cancels the reading of the source.
public final class ReplayBuffer<Chunk: Sendable>: Sendable {
    /// Returns the next chunk of the source, `nil` at its end.
    public typealias Next = () async throws -> Chunk?

    private let core: Core
    /// The body that is recorded, for what it has besides its chunks.
    let origin: (any HTTPBodySource)?

    /// Creates a buffer around a source.
    ///
    /// - Parameters:
    ///   - limit: How many bytes are kept, not negative.
    ///   - size: The number of bytes in a chunk.
    ///   - source: Starts to read the source. Called once, when the first chunk is asked for.
    public convenience init(
        limit: Int,
        size: @escaping @Sendable (Chunk) -> Int,
        source: @escaping @Sendable () -> Next
    ) {
        self.init(limit: limit, origin: nil, size: size, source: source)
    }

    init(
        limit: Int,
        origin: (any HTTPBodySource)?,
        size: @escaping @Sendable (Chunk) -> Int,
        source: @escaping @Sendable () -> Next
    ) {
        precondition(limit >= 0, "the replay limit is negative: \(limit)")
        self.origin = origin
        core = Core(limit: limit, size: size, source: source)
    }

    deinit { core.abandon() }

    /// Whether a new reader can still read everything from the start.
    public var canReplay: Bool { core.state.withLock { !$0.hasOverflowed } }

    /// Starts to read from the beginning; the reader before this one fails with ``ReplayError/superseded``.
    ///
    /// - Throws: ``ReplayError/limitExceeded(limit:)`` if more was read than is kept.
    public func makeReader() throws(ReplayError) -> Reader {
        let result = core.state.withLock { state -> (id: UInt64, displaced: Core.Waiter?)? in
            guard !state.hasOverflowed else { return nil }
            state.reader += 1
            state.position = 0
            return (state.reader, state.takeWaiter())
        }
        guard let result else { throw .limitExceeded(limit: core.limit) }
        result.displaced?.resume(throwing: ReplayError.superseded)
        return Reader(buffer: self, id: result.id)
    }

    /// Reads the source from its start. A value: copies read on together.
    public struct Reader: Sendable {
        fileprivate let buffer: ReplayBuffer
        fileprivate let id: UInt64

        /// The next chunk, `nil` at the end.
        ///
        /// - Throws: What the source throws, ``ReplayError/superseded``, or `CancellationError`.
        public func next() async throws -> Chunk? {
            try await buffer.core.next(for: id)
        }
    }
}

/// Why a body cannot be read again.
public enum ReplayError: Error, Hashable, Sendable, CustomStringConvertible {
    /// More was sent than is kept.
    case limitExceeded(limit: Int)
    /// Another attempt has taken over.
    case superseded

    /// A phrase for a person.
    public var description: String {
        switch self {
        case .limitExceeded(let limit):
            "the body cannot be sent again: it is larger than the replay limit of \(limit) bytes"
        case .superseded: "another attempt sends the body now"
        }
    }
}

extension ReplayBuffer {
    fileprivate final class Core: Sendable {
        typealias Waiter = CheckedContinuation<Chunk?, any Error>

        struct State {
            var recorded: [Chunk] = []
            var recordedBytes = 0
            var hasOverflowed = false
            /// Set once the source has ended or failed.
            var end: Result<Void, any Error>?
            var reader: UInt64 = 0
            var position = 0
            var waiter: Waiter?
            var isPulling = false
            /// The pump, asleep until a reader wants more.
            var idlePump: CheckedContinuation<Bool, Never>?
            var pump: Task<Void, Never>?
            var isAbandoned = false

            mutating func takeWaiter() -> Waiter? {
                defer { waiter = nil }
                return waiter
            }
        }

        enum Step {
            case chunk(Chunk)
            case end(Result<Void, any Error>)
            case wait
        }

        let limit: Int
        let size: @Sendable (Chunk) -> Int
        let source: @Sendable () -> Next
        let state = Mutex(State())

        init(limit: Int, size: @escaping @Sendable (Chunk) -> Int, source: @escaping @Sendable () -> Next) {
            self.limit = limit
            self.size = size
            self.source = source
        }

        func next(for id: UInt64) async throws -> Chunk? {
            switch state.withLock({ self.step(&$0, for: id) }) {
            case .chunk(let chunk): return chunk
            case .end(let result):
                try result.get()
                return nil
            case .wait: break
            }
            return try await withTaskCancellationHandler {
                try await withCheckedThrowingContinuation { waiter in
                    let step = state.withLock { state -> Step in
                        if Task.isCancelled { return .end(.failure(CancellationError())) }
                        let step = self.step(&state, for: id)
                        if case .wait = step { state.waiter = waiter }
                        return step
                    }
                    switch step {
                    case .chunk(let chunk): waiter.resume(returning: chunk)
                    case .end(.success): waiter.resume(returning: nil)
                    case .end(.failure(let error)): waiter.resume(throwing: error)
                    case .wait: pull()
                    }
                }
            } onCancel: {
                let waiter = state.withLock { $0.reader == id ? $0.takeWaiter() : nil }
                waiter?.resume(throwing: CancellationError())
            }
        }

        private func step(_ state: inout State, for id: UInt64) -> Step {
            guard state.reader == id else { return .end(.failure(ReplayError.superseded)) }
            if state.position < state.recorded.count {
                state.position += 1
                return .chunk(state.recorded[state.position - 1])
            }
            return state.end.map(Step.end) ?? .wait
        }

        private func pull() {
            let idlePump: CheckedContinuation<Bool, Never>? = state.withLock { state in
                guard !state.isPulling, !state.isAbandoned else { return nil }
                state.isPulling = true
                if state.pump == nil { state.pump = Task { await self.pump() } }
                defer { state.idlePump = nil }
                return state.idlePump
            }
            idlePump?.resume(returning: true)
        }

        private func pump() async {
            let next = source()
            repeat {
                do {
                    guard let chunk = try await next() else { return deliver(end: .success(())) }
                    deliver(chunk)
                } catch {
                    return deliver(end: .failure(error))
                }
            } while await isWanted()
        }

        private func isWanted() async -> Bool {
            await withCheckedContinuation { continuation in
                let answer: Bool? = state.withLock { state in
                    if state.isAbandoned { return false }
                    if state.isPulling { return true }
                    state.idlePump = continuation
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        }

        private func deliver(_ chunk: Chunk) {
            let waiter = state.withLock { state in
                state.isPulling = false
                state.recordedBytes += size(chunk)
                if state.recordedBytes > limit, state.waiter != nil {
                    // Who waits has read all that was recorded.
                    state.hasOverflowed = true
                    state.recorded = []
                    state.position = 0
                } else {
                    // Without a waiter the attempt that asked is gone, and the next finds the chunk in the record, be it
                    // over the limit: it may have been decided on already.
                    state.recorded.append(chunk)
                    if state.waiter != nil { state.position = state.recorded.count }
                }
                return state.takeWaiter()
            }
            waiter?.resume(returning: chunk)
        }

        private func deliver(end: Result<Void, any Error>) {
            let waiter = state.withLock { state in
                state.isPulling = false
                state.end = end
                return state.takeWaiter()
            }
            waiter?.resume(with: end.map { nil })
        }

        func abandon() {
            let (pump, idlePump) = state.withLock { state in
                state.isAbandoned = true
                defer { state.idlePump = nil }
                return (state.pump, state.idlePump)
            }
            pump?.cancel()
            idlePump?.resume(returning: false)
        }
    }
}

#if Transport
import HTTPTypes
import MeshCore
import MeshHTTP
import NIOCore
import Synchronization

/// The body of a response between the connection that brings it and the task that reads it.
///
/// Filled on the event loop, emptied by the reader; holds a bounded number of bytes and makes the endpoint wait beyond it.
final class ResponseStream: Sendable {
    typealias Reader = CheckedContinuation<ByteBuffer?, any Error>

    fileprivate struct State {
        var chunks = ReceivedPieces()
        var readAhead: ReadAhead
        var reader: Reader?
        var end: ResponseEnd?
        /// Why the call was stopped, which its reader is told whoever is to blame.
        var stopReason: (any Error)?
        /// The end actions have run.
        var isPublished = false
        var actions: [@Sendable (ResponseEnd) -> Void] = []
        var trailers: HTTPFields?
    }

    private enum Step {
        case chunk(ByteBuffer, hasRoom: Bool)
        case end(Result<ByteBuffer?, any Error>)
        case wait
    }

    private let exchange: Exchange
    private let state: Mutex<State>

    init(of exchange: Exchange, limit: Int) {
        self.exchange = exchange
        state = Mutex(State(readAhead: ReadAhead(limit: limit)))
    }

    // MARK: From the connection

    /// - Returns: Whether there is room for more.
    func receive(_ bytes: ByteBuffer) -> Bool {
        let (reader, hasRoom): (Reader?, Bool) = state.withLock { state in
            guard state.end == nil else { return (nil, true) }
            if let reader = state.reader {
                state.reader = nil
                return (reader, true)
            }
            state.chunks.append(bytes)
            return (nil, state.readAhead.hold(bytes.readableBytes))
        }
        reader?.resume(returning: bytes)
        return hasRoom
    }

    /// Ends the body. Only the first call counts; what is buffered can still be read if it is complete.
    ///
    /// - Returns: Whether this was the first call.
    @discardableResult
    func finish(_ end: ResponseEnd, trailers: HTTPFields? = nil) -> Bool {
        finish { state in
            state.trailers = trailers
            return end
        }
    }

    /// Ends the body because the call is stopped.
    ///
    /// A deadline is no failure of the endpoint while the caller has yet to read what has arrived: it may be all that there
    /// is, or all that there was room for.
    func stop(_ reason: any Error) {
        finish { state in
            state.stopReason = reason
            guard case .deadlineExceeded? = reason as? CancellationSignal.Reason, !state.chunks.isEmpty else {
                return .failed(reason)
            }
            return .failed(CancellationSignal.Reason.responseUnread)
        }
    }

    @discardableResult
    private func finish(_ decide: (inout State) -> ResponseEnd) -> Bool {
        let ended: (end: ResponseEnd, actions: [@Sendable (ResponseEnd) -> Void])? = state.withLock { state in
            guard state.end == nil else { return nil }
            let end = decide(&state)
            state.end = end
            if case .complete = end {} else { state.chunks.removeAll() }
            defer { state.actions = [] }
            return (end, state.actions)
        }
        guard let (end, actions) = ended else { return false }
        // A reader that has seen the end finds everything accounted for.
        for action in actions { action(end) }
        let (reader, result) = state.withLock { state in
            state.isPublished = true
            defer { state.reader = nil }
            return (state.reader, state.result)
        }
        reader?.resume(with: result)
        return true
    }

    // MARK: From the reader

    func next() async throws -> ByteBuffer? {
        if let result = take(state.withLock { step(&$0) }) { return try result.get() }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { reader in
                let step = state.withLock { state in
                    if Task.isCancelled { return Step.end(.failure(CancellationError())) }
                    let step = self.step(&state)
                    if case .wait = step { state.reader = reader }
                    return step
                }
                if let result = take(step) { reader.resume(with: result) }
            }
        } onCancel: {
            exchange.stop(CancellationError())
        }
    }

    private func step(_ state: inout State) -> Step {
        if let chunk = state.chunks.popFirst() {
            return .chunk(chunk, hasRoom: state.readAhead.take(chunk.readableBytes))
        }
        if state.isPublished { return .end(state.result) }
        return state.reader == nil ? .wait : .end(.failure(HTTPBodyError.alreadyRead))
    }

    private func take(_ step: Step) -> Result<ByteBuffer?, any Error>? {
        switch step {
        case .wait:
            return nil
        case .end(let result):
            return result
        case .chunk(let chunk, let hasRoom):
            if hasRoom { exchange.resumeReading() }
            return .success(chunk)
        }
    }

    func onEnd(_ action: @escaping @Sendable (ResponseEnd) -> Void) {
        let end: ResponseEnd? = state.withLock { state in
            if state.end == nil { state.actions.append(action) }
            return state.end
        }
        if let end { action(end) }
    }

    /// Nobody wants the rest.
    func drop() {
        if finish(.dropped) { exchange.drop() }
    }

    var trailers: HTTPFields? { state.withLock { $0.trailers } }
}

extension ResponseStream.State {
    /// What a reader finds behind the last chunk.
    fileprivate var result: Result<ByteBuffer?, any Error> {
        switch end {
        case .complete, nil: .success(nil)
        case .failed(let error): .failure(stopReason ?? error)
        case .dropped: .failure(HTTPBodyError.alreadyRead)
        }
    }
}

/// The caller's interest in a body: when it goes, the rest is dropped.
final class ResponseBody: HTTPTrailerSource {
    private let stream: ResponseStream
    private let hasStarted = Atomic(false)

    init(_ stream: ResponseStream) {
        self.stream = stream
    }

    deinit { stream.drop() }

    var isStarted: Bool { hasStarted.load(ordering: .acquiring) }

    func start() throws -> HTTPBody.Next {
        guard !hasStarted.exchange(true, ordering: .acquiringAndReleasing) else { throw HTTPBodyError.alreadyRead }
        return { [self] in
            try await stream.next().map { Array($0.readableBytesView)[...] }
        }
    }

    func onEnd(_ action: @escaping @Sendable (ResponseEnd) -> Void) { stream.onEnd(action) }

    func discard() { stream.drop() }

    var trailers: HTTPFields? { stream.trailers }
}
#endif

#if AsyncHTTPClient
import AsyncHTTPClient
import MeshCore
import MeshHTTP
import NIOCore
import NIOHTTP1

/// Where an exchange stands. Events in, actions out; no lock and no side effect.
///
/// An exchange is *over* once the response has arrived, failed, been stopped or been dropped. AsyncHTTPClient may be
/// busy with it for a little longer.
struct ExchangeState {
    typealias HeadWaiter = CheckedContinuation<HTTPResponseHead, any Error>
    typealias Reader = CheckedContinuation<ByteBuffer?, any Error>
    typealias EndAction = @Sendable (ResponseEnd) -> Void

    enum Action {
        case none
        /// The response has arrived or broken off.
        case over(ResponseEnd, HeadWaiter?, Reader?, Result<ByteBuffer?, any Error>, Scheduled<Void>?, [EndAction])
        /// It was told to stop: AsyncHTTPClient has to be told too.
        case stopped(
            any Error,
            HeadWaiter?,
            Reader?,
            EventLoopPromise<Void>?,
            HTTPClient.Task<Void>?,
            Scheduled<Void>?,
            [EndAction]
        )
        /// Nobody wants the rest. With a task, what is left of it is read and thrown away.
        case dropped(ResponseEnd, HTTPClient.Task<Void>?, EventLoopPromise<Void>?, [EndAction])
    }

    enum Receive {
        case goOn
        case deliver(Reader)
        case wait(EventLoopFuture<Void>)
        case stop
    }

    enum Read {
        case result(Result<ByteBuffer?, any Error>, EventLoopPromise<Void>?)
        case wait
    }

    private let responseBuffer: Int
    private let drainLimit: Int

    private var head: HeadWaiter?
    private var task: HTTPClient.Task<Void>?
    private var actions: [EndAction] = []
    private var end: ResponseEnd?

    private var chunks: [ByteBuffer] = []
    private var nextChunk = 0
    private var buffered = 0
    private var reader: Reader?
    /// What the server waits for while the buffer is full.
    private var producer: EventLoopPromise<Void>?

    private var drained: Int?
    private var drainTimer: Scheduled<Void>?

    /// Whether the head of the request went out on a connection.
    var isHeadSent = false
    private var hasResponse = false
    private var hasLeft = false

    init(responseBuffer: Int, drain: Int) {
        self.responseBuffer = responseBuffer
        drainLimit = drain
    }

    // MARK: - Events from the caller

    /// - Returns: Why the exchange was stopped, if it was, before it could begin.
    mutating func begin(_ waiter: HeadWaiter) -> (any Error)? {
        if case .failed(let reason) = end { return reason }
        head = waiter
        return nil
    }

    /// - Returns: Why the exchange was stopped in the meantime, if it was.
    mutating func hasStarted(_ task: HTTPClient.Task<Void>) -> (any Error)? {
        if case .failed(let reason) = end { return reason }
        // Over already: nothing to stop, and nothing to hold on to.
        if end == nil { self.task = task }
        return nil
    }

    mutating func stop(_ reason: any Error) -> Action {
        guard end == nil || drained != nil else { return .none }
        let isDrain = end != nil
        drained = nil
        if !isDrain { end = .failed(reason) }
        chunks = []
        defer { (head, reader, producer, task, drainTimer, actions) = (nil, nil, nil, nil, nil, []) }
        return .stopped(reason, head, reader, producer, task, drainTimer, actions)
    }

    mutating func read(_ newReader: Reader?) -> Read {
        if nextChunk < chunks.count {
            let chunk = chunks[nextChunk]
            nextChunk += 1
            buffered -= chunk.readableBytes
            if nextChunk == chunks.count {
                chunks.removeAll(keepingCapacity: true)
                nextChunk = 0
            }
            guard buffered < responseBuffer / 2 || chunks.isEmpty else { return .result(.success(chunk), nil) }
            defer { producer = nil }
            return .result(.success(chunk), producer)
        }
        switch end {
        case .complete: return .result(.success(nil), nil)
        case .failed(let error): return .result(.failure(error), nil)
        case .dropped: return .result(.failure(HTTPBodyError.alreadyRead), nil)
        case nil: break
        }
        guard reader == nil else { return .result(.failure(HTTPBodyError.alreadyRead), nil) }
        reader = newReader
        return .wait
    }

    /// - Returns: How the exchange ended, if it has.
    mutating func onEnd(_ action: @escaping EndAction) -> ResponseEnd? {
        if end == nil { actions.append(action) }
        return end
    }

    mutating func drop() -> Action {
        chunks = []
        nextChunk = 0
        guard end == nil else { return .none }
        end = .dropped
        drained = buffered
        defer { (producer, actions) = (nil, []) }
        return .dropped(.dropped, task, producer, actions)
    }

    /// - Returns: Whether there is still something to drain.
    mutating func drains(until timer: Scheduled<Void>) -> Bool {
        guard drained != nil else { return false }
        drainTimer = timer
        return true
    }

    // MARK: - Events from AsyncHTTPClient

    mutating func receive(_ responseHead: HTTPResponseHead) -> HeadWaiter? {
        hasResponse = true
        defer { head = nil }
        return head
    }

    mutating func receive(_ chunk: ByteBuffer, on eventLoop: any EventLoop) -> Receive {
        if let drained {
            self.drained = drained + chunk.readableBytes
            return drained + chunk.readableBytes > drainLimit ? .stop : .goOn
        }
        guard end == nil else { return .stop }
        if let reader {
            self.reader = nil
            return .deliver(reader)
        }
        chunks.append(chunk)
        buffered += chunk.readableBytes
        guard buffered >= responseBuffer else { return .goOn }
        let promise = eventLoop.makePromise(of: Void.self)
        producer = promise
        return .wait(promise.futureResult)
    }

    mutating func finish() -> Action { conclude(.complete) }

    mutating func fail(_ describe: (AsyncHTTPClientTransportError.Stage) -> any Error) -> Action {
        guard end == nil else { return conclude(.dropped) }
        return conclude(.failed(describe(hasResponse ? .response : isHeadSent ? .request : .connection)))
    }

    /// - Returns: Whether this is the first time.
    mutating func leave() -> Bool {
        defer { hasLeft = true }
        return !hasLeft
    }

    private mutating func conclude(_ newEnd: ResponseEnd) -> Action {
        defer { (task, drainTimer, drained, producer) = (nil, nil, nil, nil) }
        guard end == nil else { return .over(newEnd, nil, nil, .success(nil), drainTimer, []) }
        end = newEnd
        defer { (head, reader, actions) = (nil, nil, []) }
        let result: Result<ByteBuffer?, any Error> =
            if case .failed(let error) = newEnd { .failure(error) } else { .success(nil) }
        return .over(newEnd, head, reader, result, drainTimer, actions)
    }
}
#endif

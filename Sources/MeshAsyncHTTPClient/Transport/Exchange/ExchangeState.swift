#if AsyncHTTPClient
import AsyncHTTPClient
import MeshCore
import MeshHTTP
import NIOCore
import NIOHTTP1

/// Where an exchange stands. Events in, actions out; no lock and no side effect.
///
/// An exchange is *over* once the response has arrived, failed, been stopped or been dropped. That is *decided* first and
/// *published* when the end actions have run, so that a caller who has seen the end finds everything accounted for.
/// AsyncHTTPClient may be busy with the exchange for a little longer.
struct ExchangeState {
    typealias HeadWaiter = CheckedContinuation<HTTPResponseHead, any Error>
    typealias Reader = CheckedContinuation<ByteBuffer?, any Error>
    typealias EndAction = @Sendable (ResponseEnd) -> Void

    /// What to do about an end that was just decided.
    enum Ending {
        case none
        /// The end was decided before; what decided it publishes it.
        case decided(producer: EventLoopPromise<Void>?, drainTimer: Scheduled<Void>?)
        /// The response has arrived or broken off.
        case over(ResponseEnd, [EndAction], producer: EventLoopPromise<Void>?)
        /// It was told to stop: AsyncHTTPClient has to be told too. The actions get the reason that holds for the
        /// endpoint.
        case stopped(
            any Error,
            [EndAction],
            whatTheyGet: any Error,
            task: HTTPClient.Task<Void>?,
            producer: EventLoopPromise<Void>?,
            drainTimer: Scheduled<Void>?
        )
        /// Nobody wants the rest. What is left of it is read and thrown away.
        case dropped([EndAction], task: HTTPClient.Task<Void>?, producer: EventLoopPromise<Void>?)
    }

    /// Who waits for the end.
    struct Waiters {
        let head: HeadWaiter?
        let reader: Reader?
        let result: Result<ByteBuffer?, any Error>
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
    private var isPublished = false

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
    /// Whether the body did, too.
    var isRequestSent: Bool
    /// How many bytes of the response are still to come, if it came before the request was sent and says so.
    private var missing: Int64?
    private var hasResponse = false
    private var hasLeft = false

    init(responseBuffer: Int, drain: Int, hasBody: Bool) {
        isRequestSent = !hasBody
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

    mutating func stop(_ reason: any Error) -> Ending {
        guard end == nil || drained != nil else { return .none }
        if end == nil { end = .failed(reason) }
        let blame = waitsForReader ? Self.blameless(reason) : reason
        drained = nil
        clearBuffer()
        defer { (actions, task, producer, drainTimer) = ([], nil, nil, nil) }
        return .stopped(
            reason,
            actions,
            whatTheyGet: blame,
            task: task,
            producer: producer,
            drainTimer: drainTimer
        )
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
        if isPublished { return .result(result, nil) }
        guard reader == nil else { return .result(.failure(HTTPBodyError.alreadyRead), nil) }
        reader = newReader
        return .wait
    }

    /// - Returns: How the exchange ended, if it has.
    mutating func onEnd(_ action: @escaping EndAction) -> ResponseEnd? {
        if end == nil { actions.append(action) }
        return end
    }

    mutating func drop() -> Ending {
        let bytes = buffered
        clearBuffer()
        guard end == nil else { return .none }
        end = .dropped
        drained = bytes
        defer { (actions, producer) = ([], nil) }
        return .dropped(actions, task: task, producer: producer)
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
        if !isRequestSent { missing = responseHead.bodyLength }
        guard end == nil else { return nil }
        defer { head = nil }
        return head
    }

    mutating func receive(_ chunk: ByteBuffer, on eventLoop: any EventLoop) -> Receive {
        if let missing { self.missing = missing - Int64(chunk.readableBytes) }
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

    /// Whether all of the response has arrived while the request is still being sent.
    var hasOvertakenRequest: Bool { !isRequestSent && missing == 0 }

    mutating func finish() -> Ending { conclude { _ in .complete } }

    mutating func fail(_ describe: (AsyncHTTPClientTransportError.Stage) -> any Error) -> Ending {
        conclude { .failed(describe($0)) }
    }

    /// The end actions have run.
    mutating func publish() -> Waiters? {
        guard end != nil, !isPublished else { return nil }
        isPublished = true
        defer { (head, reader) = (nil, nil) }
        return Waiters(head: head, reader: reader, result: result)
    }

    /// - Returns: Whether this is the first time.
    mutating func leave() -> Bool {
        defer { hasLeft = true }
        return !hasLeft
    }

    private mutating func conclude(_ newEnd: (AsyncHTTPClientTransportError.Stage) -> ResponseEnd) -> Ending {
        defer { (actions, task, producer, drained, drainTimer) = ([], nil, nil, nil, nil) }
        guard self.end == nil else { return .decided(producer: producer, drainTimer: drainTimer) }
        let end = newEnd(hasResponse ? .response : isHeadSent ? .request : .connection)
        self.end = end
        return .over(end, actions, producer: producer)
    }

    /// What a reader finds behind the last chunk.
    private var result: Result<ByteBuffer?, any Error> {
        switch end {
        case .complete, nil: .success(nil)
        case .failed(let error): .failure(error)
        case .dropped: .failure(HTTPBodyError.alreadyRead)
        }
    }

    /// Whether something has arrived that the caller has not read, which may be all that the endpoint has to send, or
    /// all that it could.
    private var waitsForReader: Bool { nextChunk < chunks.count || producer != nil }

    private static func blameless(_ reason: any Error) -> any Error {
        guard case .deadlineExceeded? = reason as? CancellationSignal.Reason else { return reason }
        return CancellationSignal.Reason.responseUnread
    }

    private mutating func clearBuffer() {
        chunks = []
        nextChunk = 0
        buffered = 0
    }
}

extension HTTPResponseHead {
    /// How many bytes of body will be handed out; `nil` if nobody knows. Not for responses to `HEAD`.
    fileprivate var bodyLength: Int64? {
        if status == .noContent || status == .notModified { return 0 }
        // One that is encoded may be decoded on the way.
        guard !headers.contains(name: "Transfer-Encoding"), !headers.contains(name: "Content-Encoding") else {
            return nil
        }
        return headers.first(name: "Content-Length").flatMap { Int64($0) }
    }
}
#endif

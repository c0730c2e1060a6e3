#if AsyncHTTPClient
import AsyncHTTPClient
import Logging
import MeshCore
import MeshHTTP
import NIOCore
import NIOHTTP1
import Synchronization

/// One request and its response: what AsyncHTTPClient reports to, and what the caller waits on and reads from.
///
/// The callback interface is used, and not `execute(_:deadline:)`, because its task can be stopped at any time, body
/// included, and because it costs less: no actor, no timer and no unstructured task for each call.
///
/// All decisions are made by ``ExchangeState``; this class runs what it decides outside the lock.
final class Exchange: HTTPClientResponseDelegate {
    typealias Response = Void

    private let client: PooledClient
    private let limits: Limits
    private let upload: Upload?
    private let hasBody: Bool
    private let state: Mutex<ExchangeState>

    struct Limits: Sendable {
        /// How many bytes are buffered before the server is made to wait.
        let responseBuffer: Int
        /// How many bytes of an unwanted response are read to save the connection.
        let drain: Int
        /// How long that may take.
        let drainTime: TimeAmount
    }

    /// Creates an exchange that owns one call on `client` and gives it back when it is over.
    init(on client: PooledClient, body: OutgoingBody, limits: Limits) {
        self.client = client
        upload = body.upload
        hasBody = body.content != nil
        self.limits = limits
        state = Mutex(ExchangeState(responseBuffer: limits.responseBuffer, drain: limits.drain, hasBody: hasBody))
    }

    // MARK: - The caller's side

    /// Sends the request and returns the head of the response.
    func run(_ request: HTTPClient.Request, logger: Logger?) async throws -> HTTPResponseHead {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { waiter in
                let stopped = state.withLock { $0.begin(waiter) }
                if let stopped {
                    client.release()
                    waiter.resume(throwing: stopped)
                    return
                }
                let task = client.execute(request, self, logger: logger)
                let reason = state.withLock { $0.hasStarted(task) }
                if let reason { task.fail(reason: reason) }
                // A client that is shut down says so nowhere but in the result of the task.
                if client.isShutDown { stop(CancellationSignal.Reason.shutDown) }
            }
        } onCancel: {
            stop(CancellationError())
        }
    }

    /// Stops the exchange, wherever it is. Does nothing once the response has arrived.
    func stop(_ reason: any Error) {
        perform(state.withLock { $0.stop(reason) })
    }

    /// The next piece of the body.
    func read() async throws -> ByteBuffer? {
        let step = state.withLock { $0.read(nil) }
        if let result = perform(step) { return try result.get() }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { reader in
                let step = state.withLock { state in
                    Task.isCancelled ? .result(.failure(CancellationError()), nil) : state.read(reader)
                }
                if let result = perform(step) { reader.resume(with: result) }
            }
        } onCancel: {
            stop(CancellationError())
        }
    }

    func onEnd(_ action: @escaping @Sendable (ResponseEnd) -> Void) {
        if let end = state.withLock({ $0.onEnd(action) }) { action(end) }
    }

    /// Nobody wants the rest of the response.
    func drop() {
        let ending = state.withLock { $0.drop() }
        if case .dropped(_, let task?, _) = ending {
            // Reading what little may be left costs less than another connection.
            let timer = task.eventLoop.scheduleTask(in: limits.drainTime) { self.stop(HTTPClientError.cancelled) }
            if !state.withLock({ $0.drains(until: timer) }) { timer.cancel() }
        }
        perform(ending)
    }

    // MARK: - AsyncHTTPClient's side

    func didSendRequestHead(task: HTTPClient.Task<Void>, _ head: HTTPRequestHead) {
        state.withLock { $0.isHeadSent = true }
    }

    func didSendRequest(task: HTTPClient.Task<Void>) {
        guard hasBody else { return }
        state.withLock { $0.isRequestSent = true }
    }

    func didReceiveHead(task: HTTPClient.Task<Void>, _ head: HTTPResponseHead) -> EventLoopFuture<Void> {
        if hasBody {
            // AsyncHTTPClient reports the failure to end a request whose response is in to nobody but its task.
            task.futureResult.whenFailure { self.didReceiveError(task: task, $0) }
        }
        state.withLock { $0.receive(head) }?.resume(returning: head)
        return finishEarly(task) ?? task.eventLoop.makeSucceededVoidFuture()
    }

    func didReceiveBodyPart(task: HTTPClient.Task<Void>, _ buffer: ByteBuffer) -> EventLoopFuture<Void> {
        let step = state.withLock { $0.receive(buffer, on: task.eventLoop) }
        if case .deliver(let reader) = step { reader.resume(returning: buffer) }
        if let early = finishEarly(task) { return early }
        return switch step {
        case .goOn, .deliver: task.eventLoop.makeSucceededVoidFuture()
        case .wait(let future): future
        case .stop: task.eventLoop.makeFailedFuture(HTTPClientError.cancelled)
        }
    }

    func didFinishRequest(task: HTTPClient.Task<Void>) throws {
        if hasBody, !state.withLock(\.isRequestSent) {
            // AsyncHTTPClient has forgotten a connection on which it owes the rest of a request.
            upload?.cancel()
            client.renounce()
        }
        perform(state.withLock { $0.finish() })
        leave()
    }

    func didReceiveError(task: HTTPClient.Task<Void>, _ error: any Error) {
        upload?.cancel()
        perform(state.withLock { $0.fail { self.describe(error, at: $0) } })
        leave()
    }

    /// Ends an exchange whose response is complete before its request: nobody wants the rest of that, and AsyncHTTPClient
    /// would send it, or wait for it to be sent.
    ///
    /// - Returns: What makes AsyncHTTPClient close the connection, or with HTTP/2 the stream.
    private func finishEarly(_ task: HTTPClient.Task<Void>) -> EventLoopFuture<Void>? {
        guard hasBody, state.withLock(\.hasOvertakenRequest) else { return nil }
        upload?.cancel()
        perform(state.withLock { $0.finish() })
        return task.eventLoop.makeFailedFuture(HTTPClientError.requestStreamCancelled)
    }

    /// AsyncHTTPClient is done with the exchange.
    private func leave() {
        if state.withLock({ $0.leave() }) { client.release() }
    }

    private func describe(_ error: any Error, at stage: AsyncHTTPClientTransportError.Stage) -> any Error {
        if client.isShutDown { return CancellationSignal.Reason.shutDown }
        return AsyncHTTPClientTransportError(
            client.meaning(of: error),
            from: client.key.address,
            at: stage,
            connection: { self.client.takeFailureOfNewConnection() ? .new : .reused }
        )
    }

    // MARK: - Actions

    private func perform(_ ending: ExchangeState.Ending) {
        switch ending {
        case .none:
            return
        case .decided(let producer, let drainTimer):
            producer?.succeed(())
            drainTimer?.cancel()
            return
        case .over(let end, let actions, let producer):
            producer?.succeed(())
            for action in actions { action(end) }
        case .stopped(let reason, let actions, let blame, let task, let producer, let drainTimer):
            upload?.cancel()
            drainTimer?.cancel()
            task?.fail(reason: reason)
            // AsyncHTTPClient ends a task only after the future that it waits for.
            producer?.fail(reason)
            for action in actions { action(.failed(blame)) }
        case .dropped(let actions, _, let producer):
            // Before anyone hears of it: another attempt may go on with the source.
            upload?.cancel()
            producer?.succeed(())
            for action in actions { action(.dropped) }
        }
        guard let waiters = state.withLock({ $0.publish() }) else { return }
        if case .failure(let error) = waiters.result { waiters.head?.resume(throwing: error) }
        waiters.reader?.resume(with: waiters.result)
    }

    private func perform(_ step: ExchangeState.Read) -> Result<ByteBuffer?, any Error>? {
        switch step {
        case .wait:
            return nil
        case .result(let result, let producer):
            producer?.succeed(())
            return result
        }
    }
}
#endif

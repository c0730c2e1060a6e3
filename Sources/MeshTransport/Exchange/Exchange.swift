#if Transport
import HTTPTypes
import MeshCore
import MeshHTTP
import NIOCore

/// One request and its response, from the wait for a connection to the last byte.
///
/// Lives on the event loop of its lane; other threads get in by ``begin(_:)`` and ``stop(_:)`` alone, and read the body through
/// ``ResponseStream``, which has a lock. That is why it may be `Sendable` unchecked.
final class Exchange: @unchecked Sendable {
    /// Resumed exactly once, which ``Stage`` sees to: the waiter goes when the stage does.
    typealias Waiter = UnsafeContinuation<HTTPCallResponse, any Error>

    private enum Stage {
        case new
        case waiting(Waiter, in: EndpointPool)
        case running(Waiter, on: any ExchangeCarrier)
        case responding(ResponseStream, on: any ExchangeCarrier)
        case stopped(any Error)
        case over
    }

    let request: OutgoingRequest
    let endpoint: Endpoint
    let lane: Lane
    private let responseBuffer: Int
    // Unchecked, because a check costs more than the access: one thread, and nothing is called in the middle of an access.
    @exclusivity(unchecked) private var stage = Stage.new
    private var upload: Upload?
    /// How often it was given back by a connection.
    private var returns = 0

    init(_ request: OutgoingRequest, to endpoint: Endpoint, on lane: Lane, responseBuffer: Int) {
        self.request = request
        self.endpoint = endpoint
        self.lane = lane
        self.responseBuffer = responseBuffer
    }

    var address: Address { endpoint.address }

    // MARK: Any thread

    /// Begins, on the event loop; the waiter gets the response or the error.
    func begin(_ waiter: Waiter) {
        // A closure is allocated only if it has to travel.
        if lane.loop.inEventLoop { enter(waiter) } else { lane.loop.execute { self.enter(waiter) } }
    }

    /// Stops the exchange, wherever it is. Does nothing once the response has ended.
    func stop(_ reason: any Error) {
        lane.perform { self.stopNow(reason) }
    }

    // MARK: On the event loop

    private func enter(_ waiter: Waiter) {
        if case .stopped(let reason) = stage { return waiter.resume(throwing: reason) }
        lane.hasBegun()
        do {
            let pool = try lane.pool(for: endpoint, authority: request.authority)
            stage = .waiting(waiter, in: pool)
            pool.acquire(for: self)
        } catch {
            stage = .over
            lane.hasEnded()
            waiter.resume(throwing: error)
        }
    }

    private func stopNow(_ reason: any Error) {
        switch stage {
        case .new:
            stage = .stopped(reason)
        case .waiting(let waiter, let pool):
            end()
            pool.forget(self)
            waiter.resume(throwing: reason)
        case .running(let waiter, let carrier):
            end()
            carrier.abandon(self)
            waiter.resume(throwing: reason)
        case .responding(let stream, let carrier):
            end()
            carrier.abandon(self)
            stream.stop(reason)
        case .stopped, .over:
            break
        }
    }

    /// A connection takes the exchange.
    func run(on carrier: any ExchangeCarrier) {
        guard case .waiting(let waiter, _) = stage else { return }
        stage = .running(waiter, on: carrier)
    }

    /// Sends the body of the request, piece by piece, through the carrier.
    func startUpload() {
        // Nobody would end an upload that began when all is over.
        guard case .stream(let body) = request.body, upload == nil, carrier != nil else { return }
        upload = Upload(of: body, length: request.bodyLength, for: self)
        upload?.start()
    }

    /// The response came in whole.
    func complete(_ head: HTTPResponse, body: [UInt8], trailers: HTTPFields?) {
        guard case .running(let waiter, _) = stage else { return }
        end()
        waiter.resume(returning: HTTPCallResponse(head, body: HTTPBody(body), trailers: trailers))
    }

    /// The head of the response came in; its body follows with ``receive(_:)`` and ``finish(trailers:)``.
    func open(_ head: HTTPResponse, length: Int64?) {
        guard case .running(let waiter, let carrier) = stage else { return }
        let stream = ResponseStream(of: self, limit: responseBuffer)
        stage = .responding(stream, on: carrier)
        waiter.resume(returning: HTTPCallResponse(head, body: HTTPBody(source: ResponseBody(stream), length: length)))
    }

    /// - Returns: Whether there is room for more; if not, ``ExchangeCarrier/resumeReading(of:)`` says when.
    func receive(_ bytes: ByteBuffer) -> Bool {
        guard case .responding(let stream, _) = stage else { return true }
        return stream.receive(bytes)
    }

    /// The response came to its end.
    func finish(trailers: HTTPFields?) {
        guard case .responding(let stream, _) = stage else { return }
        end()
        stream.finish(.complete, trailers: trailers)
    }

    /// How often a request is given to another connection because the one that had it did not process it.
    static let maximumReturns = 3

    /// The endpoint has not processed the request, or nothing of it was sent: another connection takes it, without the caller's
    /// or a retry policy's doing.
    ///
    /// It fails instead when it was given back too often, or part of a streaming body has been read, which cannot be had again.
    func wasNotProcessed(_ reason: any Error) {
        let waiter: Waiter
        switch stage {
        case .waiting(let waiting, _), .running(let waiting, _): waiter = waiting
        case .new, .responding, .stopped, .over: return fail(TransportError.notProcessed(reason, at: address))
        }
        guard returns < Self.maximumReturns, upload == nil,
            // That of before may be gone.
            let pool = try? lane.pool(for: endpoint, authority: request.authority)
        else { return fail(TransportError.notProcessed(reason, at: address)) }
        returns += 1
        stage = .waiting(waiter, in: pool)
        pool.acquire(for: self)
    }

    /// The exchange failed below.
    func fail(_ error: any Error) {
        switch stage {
        case .waiting(let waiter, _), .running(let waiter, _):
            end()
            waiter.resume(throwing: error)
        case .responding(let stream, _):
            end()
            stream.finish(.failed(error))
        case .new, .stopped, .over:
            break
        }
    }

    /// Nobody wants the rest of the response.
    func drop() {
        lane.perform {
            guard case .responding(_, let carrier) = self.stage else { return }
            self.end()
            carrier.dropRest(of: self)
        }
    }

    /// The reader has made room.
    func resumeReading() {
        lane.perform {
            if case .responding(_, let carrier) = self.stage { carrier.resumeReading(of: self) }
        }
    }

    // MARK: Upload

    func send(_ bytes: ByteBuffer, promise: EventLoopPromise<Void>) {
        guard let carrier else { return promise.fail(CancellationError()) }
        carrier.send(bytes, of: self, promise: promise)
    }

    func finishBody(_ trailers: OutgoingTrailers?) { carrier?.finishBody(of: self, trailers: trailers) }

    /// The source of the body failed: what was promised cannot be sent.
    func failBody(_ error: any Error) {
        carrier?.abandon(self)
        fail(TransportError.requestBodyFailed(error, at: address))
    }

    private var carrier: (any ExchangeCarrier)? {
        switch stage {
        case .running(_, let carrier), .responding(_, let carrier): carrier
        default: nil
        }
    }

    private func end() {
        stage = .over
        upload?.cancel()
        upload = nil
        lane.hasEnded()
    }
}
#endif

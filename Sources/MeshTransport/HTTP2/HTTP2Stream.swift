#if Transport
import HTTPTypes
import MeshCore
import NIOCore
import NIOHPACK
import NIOHTTP2

/// One exchange on a connection of HTTP/2.
final class HTTP2Stream: ExchangeCarrier {
    /// How much of the request has been handed down.
    private enum Sending {
        /// The head; the server is asked whether it wants the body.
        case waitingForContinue(Scheduled<Void>)
        case body
        case done
    }

    private enum Response {
        case awaited
        /// What came in the current read; it may be all.
        case held(HTTPResponse, body: ByteBuffer)
        case open
    }

    let number: HTTP2StreamID
    private let connection: HTTP2Connection
    private let method: HTTPRequest.Method
    /// How much the connection had read when the stream began.
    private let readsBefore: Int
    private var exchange: Exchange?
    private var sending = Sending.done
    private var response = Response.awaited
    private var length: BodyLength?
    /// The size of all informational responses: a server may not go on with them for ever.
    private var informationalSize = 0
    private var window = ReceiveWindow(size: FrameHandler.streamWindow)

    init(_ number: HTTP2StreamID, of exchange: Exchange, on connection: HTTP2Connection) {
        self.number = number
        self.exchange = exchange
        self.connection = connection
        method = exchange.request.method
        readsBefore = connection.reads
    }

    private var address: Address { connection.address }

    // MARK: The request

    func start(_ headers: HPACKHeaders) {
        guard let request = exchange?.request else { return }
        if case .none = request.body { return writeHead(headers, isLast: true) }
        writeHead(headers, isLast: false)
        if request.expectsContinue { waitForContinue() } else { sendBody() }
    }

    private func writeHead(_ headers: HPACKHeaders, isLast: Bool) {
        connection.write(.headers(HTTP2Frame.FramePayload.Headers(headers: headers, endStream: isLast)), on: number)
    }

    private func writeBody(_ bytes: ByteBuffer, isLast: Bool, promise: EventLoopPromise<Void>? = nil) {
        let data = HTTP2Frame.FramePayload.Data(data: .byteBuffer(bytes), endStream: isLast)
        connection.write(.data(data), on: number, promise: promise)
    }

    private func waitForContinue() {
        // A server that knows nothing of it would wait for the body, so the body must not wait for ever (RFC 9110, 10.1.1).
        let loop = connection.channel.eventLoop.assumeIsolated()
        sending = .waitingForContinue(
            loop.scheduleTask(in: connection.settings.continueTimeout) { self.sendAwaitedBody() }
        )
    }

    private func sendAwaitedBody() {
        guard case .waitingForContinue(let timer) = sending else { return }
        timer.cancel()
        sendBody()
    }

    /// A server that refuses the request before it has asked for the body is spared the body. One that says it succeeds may
    /// well wait for it, and gets it in time (RFC 9110, 10.1.1).
    private func withholdBody() {
        if case .waitingForContinue(let timer) = sending { timer.cancel() }
    }

    private func sendBody() {
        guard let exchange else { return }
        switch exchange.request.body {
        case .none:
            sending = .done
        case .bytes(let bytes):
            sending = .done
            writeBody(ByteBuffer(bytes: bytes), isLast: true)
        case .stream:
            sending = .body
            exchange.startUpload()
        }
    }

    func send(_ bytes: ByteBuffer, of exchange: Exchange, promise: EventLoopPromise<Void>) {
        guard case .body = sending, exchange === self.exchange else { return promise.fail(ConnectionClosedError()) }
        writeBody(bytes, isLast: false, promise: promise)
    }

    func finishBody(of exchange: Exchange, trailers: OutgoingTrailers?) {
        guard case .body = sending, exchange === self.exchange else { return }
        if let trailers {
            let fields = RequestFields(trailers)
            let limit = connection.frameLimit
            guard fields.fit(in: limit) else { return exchange.failBody(InvalidRequestError.headTooLarge(limit)) }
            sending = .done
            writeHead(fields.headers, isLast: true)
        } else {
            sending = .done
            writeBody(ByteBuffer(), isLast: true)
        }
    }

    // MARK: The response

    func receive(_ headers: HPACKHeaders, isLast: Bool) {
        do throws(MalformedResponse) {
            guard case .awaited = response else { return try receiveTrailers(headers, isLast: isLast) }
            let head = try connection.responseFields.head(headers)
            if head.response.status.kind == .informational {
                return try receiveInformational(head, isLast: isLast)
            }
            connection.hasServed = true
            if head.response.status.kind != .successful { withholdBody() }
            let length = BodyLength(of: head.response, declared: head.length, toHead: method == .head)
            self.length = length
            response = .held(head.response, body: ByteBuffer())
            if isLast {
                try length.end()
                finish(nil)
            } else {
                connection.hold(self)
            }
        } catch {
            refuse(error)
        }
    }

    private func receiveInformational(_ head: ResponseFields.Head, isLast: Bool) throws(MalformedResponse) {
        let status = head.response.status
        let limit = connection.settings.responseLimits.headBytes
        informationalSize += head.size
        guard informationalSize <= limit else { throw .headTooLarge(limit) }
        guard status.code != 101 else { throw .upgrade }
        guard !isLast else { throw .http2("a response that ends with the status \(status.code)") }
        if status.code == 100 { sendAwaitedBody() }
    }

    private func receiveTrailers(_ headers: HPACKHeaders, isLast: Bool) throws(MalformedResponse) {
        guard isLast else { throw .http2("trailers that do not end the response") }
        let trailers = try connection.responseFields.trailers(headers)
        try length?.end()
        finish(trailers)
    }

    func receive(_ data: HTTP2Frame.FramePayload.Data) {
        guard case .byteBuffer(var bytes) = data.data else { return }
        do throws(MalformedResponse) {
            try length?.receive(bytes.readableBytes)
            if data.endStream { try length?.end() }
        } catch {
            return refuse(error)
        }
        // The length of the padding takes a byte, too (RFC 9113, 6.1).
        let size = bytes.readableBytes + (data.paddingBytes.map { $0 + 1 } ?? 0)
        switch response {
        case .awaited:
            return refuse(.http2("a body before its head"))
        case .held(let head, var body):
            if body.readableBytes == 0 {
                response = .held(head, body: bytes)
            } else {
                response = .awaited
                body.writeBuffer(&bytes)
                response = .held(head, body: body)
            }
        case .open:
            deliver(bytes)
        }
        if data.endStream { finish(nil) } else { giveBack(window.received(size)) }
    }

    /// The read is over, and the response has not come to its end.
    func openHeld() {
        guard case .held(let head, let body) = response, let exchange else { return }
        response = .open
        exchange.open(head, length: length?.expected)
        deliver(body)
    }

    private func deliver(_ bytes: ByteBuffer) {
        guard bytes.readableBytes > 0, exchange?.receive(bytes) == false else { return }
        window.pause()
    }

    func resumeReading(of exchange: Exchange) {
        if exchange === self.exchange { giveBack(window.resume()) }
    }

    private func giveBack(_ count: Int?) {
        guard let count, exchange != nil else { return }
        connection.grant(count, on: number)
    }

    private func finish(_ trailers: HTTPFields?) {
        let isSent = if case .done = sending { true } else { false }
        guard let exchange = end() else { return }
        if !isSent {
            reset(.noError)
        } else if case .bytes = exchange.request.body {
            connection.isHalfClosed(self)
        } else if case .stream = exchange.request.body {
            connection.isHalfClosed(self)
        }
        if case .held(let head, let body) = response {
            exchange.complete(head, body: Array(body.readableBytesView), trailers: trailers)
        } else {
            exchange.finish(trailers: trailers)
        }
    }

    // MARK: The end

    func abandon(_ exchange: Exchange) {
        guard exchange === self.exchange, end() != nil else { return }
        reset(.cancel)
    }

    func dropRest(of exchange: Exchange) { abandon(exchange) }

    /// What came is no response.
    ///
    /// - Parameter isClosed: Whether the stream has been reset.
    func refuse(_ reason: MalformedResponse, isClosed: Bool = false) {
        let ended = end()
        if !isClosed { reset(.protocolError) }
        ended?.fail(TransportError.invalidResponse(reason, at: address))
    }

    /// The peer gave the stream up.
    func wasReset(_ code: NIOHTTP2.HTTP2ErrorCode) {
        let error = StreamResetError(code: code)
        if code == .refusedStream, !hasBegun { return wasNotProcessed(error, isClosed: true) }
        end()?.fail(
            hasBegun
                ? TransportError.responseBroken(error, at: address)
                : TransportError.broken(.new, error, at: address)
        )
    }

    /// The peer says that it has not looked at the request, which cannot be true once it has begun to answer.
    func wasNotProcessed(_ error: any Error, isClosed: Bool) {
        let ended = end()
        if !isClosed { reset(.cancel) }
        if hasBegun {
            ended?.fail(TransportError.responseBroken(error, at: address))
        } else {
            ended?.wasNotProcessed(error)
        }
    }

    /// The connection has gone.
    func wasLost(_ error: (any Error)?) {
        if !connection.hasSent(self) {
            wasNotProcessed(error ?? ConnectionClosedError(), isClosed: true)
        } else if hasBegun {
            fail(TransportError.responseBroken(error, at: address))
        } else if let malformed = error as? MalformedResponse {
            fail(TransportError.invalidResponse(malformed, at: address))
        } else {
            // A server may close while a request is on its way to it; one that was heard of since has seen the request.
            let isQuiet = connection.reads == readsBefore
            let history: ConnectionHistory = connection.hasServed ? (isQuiet ? .reused : .heard) : .new
            fail(TransportError.broken(history, error, at: address))
        }
    }

    func fail(_ error: any Error) { end()?.fail(error) }

    private var hasBegun: Bool {
        if case .awaited = response { false } else { true }
    }

    private func reset(_ code: NIOHTTP2.HTTP2ErrorCode) { connection.write(.rstStream(code), on: number) }

    /// Ends the stream, once.
    private func end() -> Exchange? {
        guard let ended = exchange else { return nil }
        exchange = nil
        if case .waitingForContinue(let timer) = sending { timer.cancel() }
        sending = .done
        connection.hasEnded(self)
        return ended
    }
}
#endif

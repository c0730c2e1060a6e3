#if Transport
import HTTPTypes
import MeshCore
import MeshTelemetry
import NIOCore
import NIOSSL

/// A connection of HTTP/1.1: one exchange at a time.
///
/// The last handler of its channel. It writes a request that has no streaming body in one piece, and reads responses straight
/// from the bytes that come in.
final class HTTP1Connection: Connection, ChannelDuplexHandler, ExchangeCarrier {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// How much of the request has been sent.
    private enum Sending {
        /// There is none.
        case idle
        /// The head; the server is asked whether it wants the body.
        case waitingForContinue(Scheduled<Void>)
        /// The head; the server answered without the body, which it will not get.
        case withheld
        case body
        /// All of it is on its way, and some may not have left.
        case flushing
        case done
    }

    // Unchecked, because a check costs more than the access: one thread, and nothing is called in the middle of an access.
    @exclusivity(unchecked) private var parser: ResponseParser
    private var exchange: Exchange?
    private var sending = Sending.idle
    /// What is missing of a streaming body of known length.
    private var bodyLeft: Int64?
    @exclusivity(unchecked) private var output = ByteBuffer()
    /// Bytes of an incomplete line.
    @exclusivity(unchecked) private var rest = ByteBuffer()
    private var context: ChannelHandlerContext?
    private var hasServed = false
    /// An informational response has come, the first response perhaps not.
    private var wasHeardOf = false
    /// It was decided to close. With TLS that takes a while, and more may come in.
    private var isClosing = false
    private var isClosed = false
    /// The reader of the body has no room: nothing more is read from the socket.
    private var isPaused = false
    private var hasPendingRead = false
    /// Bytes of an unwanted response that were read so far.
    private var dropped: Int?
    private var dropTimer: Scheduled<Void>?
    private var lastError: (any Error)?

    init(_ channel: any Channel, in pool: EndpointPool) {
        parser = ResponseParser(limits: pool.lane.settings.responseLimits)
        super.init(channel, capacity: 1, in: pool)
    }

    override var negotiated: HTTPVersion { .http1 }

    private var settings: TransportSettings { pool.lane.settings }

    // MARK: The request

    override func start(_ exchange: Exchange) {
        guard let context, !isClosing, !isClosed else {
            // Closed in this instant: nothing was sent.
            pool.drain(self)
            return exchange.wasNotProcessed(ConnectionClosedError())
        }
        self.exchange = exchange
        exchange.run(on: self)
        let request = exchange.request
        parser.begin(method: request.method)
        bodyLeft = if case .length(let length) = request.framing { length } else { nil }
        output.clear()
        RequestEncoder.writeHead(of: request, into: &output)
        switch request.body {
        case .none:
            sending = .done
            write(context)
        case .bytes(let bytes):
            if request.expectsContinue {
                waitForContinue(context)
            } else {
                writeBody(bytes, context)
            }
        case .stream:
            if request.expectsContinue {
                waitForContinue(context)
            } else {
                sending = .body
                write(context)
                exchange.startUpload()
            }
        }
    }

    private func write(_ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(output), promise: nil)
    }

    private func writeBody(_ bytes: [UInt8], _ context: ChannelHandlerContext) {
        output.writeBytes(bytes)
        guard bytes.count > Self.smallBody else {
            sending = .done
            return write(context)
        }
        // The server may answer before it has read all of a large body. Until that has left, the connection is not fit for
        // another request.
        sending = .flushing
        context.writeAndFlush(wrapOutboundOut(output)).assumeIsolated().whenSuccess {
            if case .flushing = self.sending { self.sending = .done }
        }
        // The buffer is kept for the next request, but not a large one.
        output = ByteBuffer()
    }

    /// Bytes that any socket takes at once.
    private static let smallBody = 16 * 1024

    private func waitForContinue(_ context: ChannelHandlerContext) {
        // A server that knows nothing of it would wait for the body, so the body must not wait for ever (RFC 9110, 10.1.1).
        let timer = context.eventLoop.assumeIsolated().scheduleTask(in: settings.continueTimeout) {
            self.sendAwaitedBody()
        }
        sending = .waitingForContinue(timer)
        write(context)
    }

    /// The answer came without the body: it is not sent any more.
    private func withholdAwaitedBody() {
        guard case .waitingForContinue(let timer) = sending else { return }
        timer.cancel()
        sending = .withheld
    }

    private func sendAwaitedBody() {
        guard case .waitingForContinue(let timer) = sending, let exchange, let context else { return }
        timer.cancel()
        switch exchange.request.body {
        case .bytes(let bytes):
            output.clear()
            writeBody(bytes, context)
        case .stream:
            sending = .body
            exchange.startUpload()
        case .none:
            sending = .done
        }
    }

    func send(_ bytes: ByteBuffer, of exchange: Exchange, promise: EventLoopPromise<Void>) {
        guard case .body = sending, exchange === self.exchange, let context else {
            return promise.fail(ConnectionClosedError())
        }
        if let left = bodyLeft {
            bodyLeft = left - Int64(bytes.readableBytes)
            if bodyLeft == 0 {
                // The server may answer before the source has said that this was all.
                sending = .flushing
                promise.futureResult.assumeIsolated().whenSuccess {
                    if case .flushing = self.sending { self.sending = .done }
                }
            }
            return context.writeAndFlush(wrapOutboundOut(bytes), promise: promise)
        }
        output.clear()
        RequestEncoder.writeChunk(bytes, into: &output)
        context.writeAndFlush(wrapOutboundOut(output), promise: promise)
    }

    func finishBody(of exchange: Exchange, trailers: OutgoingTrailers?) {
        guard case .body = sending, exchange === self.exchange, let context else { return }
        sending = .done
        guard exchange.request.framing == .unknown else { return }
        output.clear()
        RequestEncoder.writeLastChunk(trailers, into: &output)
        write(context)
    }

    // MARK: The response

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        guard !isClosing else { return }
        guard exchange != nil || dropped != nil else {
            // Kept, they would be taken for the response to the next request.
            lastError = lastError ?? MalformedResponse.unsolicited
            return closeNow()
        }
        if rest.readableBytes > 0 {
            rest.writeBuffer(&bytes)
            bytes = rest
            rest = ByteBuffer()
        }
        do {
            try process(&bytes)
        } catch {
            return fail(TransportError.invalidResponse(error, at: address))
        }
        guard bytes.readableBytes > 0, !isClosing else { return }
        // What was read must not pile up in front of an incomplete line.
        rest = bytes.readerIndex == 0 ? bytes : ByteBuffer(bytes.readableBytesView)
    }

    /// Reads what there is. A response that is here whole goes to its caller in one piece.
    private func process(_ bytes: inout ByteBuffer) throws(MalformedResponse) {
        var head: HTTPResponse?
        var body = ByteBuffer()
        while let event = try parser.next(&bytes) {
            switch event {
            case .informational(let response):
                wasHeardOf = true
                if response.status.code == 100 { sendAwaitedBody() }
            case .head(let response, let framing):
                withholdAwaitedBody()
                if case .length(let length) = framing, length > Int64(bytes.readableBytes) {
                    open(response, length: length)
                } else if case .untilClose = framing {
                    open(response, length: nil)
                } else {
                    head = response
                }
            case .body(let part):
                if head == nil {
                    deliver(part)
                } else if body.readableBytes == 0 {
                    body = part
                } else {
                    body.writeImmutableBuffer(part)
                }
            case .end(let trailers):
                finish(head, body, trailers, restIsEmpty: bytes.readableBytes == 0)
                return
            }
        }
        if parser.isFinished {
            finish(head, body, nil, restIsEmpty: bytes.readableBytes == 0)
        } else if let head {
            // Chunks that have not come in whole.
            open(head, length: nil)
            if body.readableBytes > 0 { deliver(body) }
        }
    }

    private func open(_ head: HTTPResponse, length: Int64?) {
        hasServed = true
        exchange?.open(head, length: length)
    }

    private func deliver(_ part: ByteBuffer) {
        if let dropped {
            self.dropped = dropped + part.readableBytes
            if dropped + part.readableBytes > settings.dropLimit { giveUp() }
            return
        }
        if exchange?.receive(part) == false { isPaused = true }
    }

    private func finish(_ head: HTTPResponse?, _ body: ByteBuffer, _ trailers: HTTPFields?, restIsEmpty: Bool) {
        guard exchange != nil || dropped != nil else { return }
        let ended = exchange
        let isReusable = isReusable(after: ended) && restIsEmpty
        if !restIsEmpty { lastError = lastError ?? MalformedResponse.unsolicited }
        hasServed = true
        exchange = nil
        endRequest()
        if isReusable {
            pool.release(self)
        } else {
            let isAnnounced = !parser.keepsAlive || ended?.request.closesConnection == true
            if lastError == nil { closes(because: isAnnounced ? .announced : .abandoned) }
            closeNow()
        }
        if let head {
            ended?.complete(head, body: Array(body.readableBytesView), trailers: trailers)
        } else {
            ended?.finish(trailers: trailers)
        }
    }

    /// Whether another request may follow, once the response has been read to its end.
    private func isReusable(after exchange: Exchange?) -> Bool {
        guard case .done = sending, parser.keepsAlive, !isClosing else { return false }
        return exchange?.request.closesConnection != true
    }

    private func endRequest() {
        if case .waitingForContinue(let timer) = sending { timer.cancel() }
        sending = .idle
        dropped = nil
        dropTimer?.cancel()
        dropTimer = nil
        resumeSocket()
    }

    // MARK: Back-pressure

    func read(context: ChannelHandlerContext) {
        if isPaused { hasPendingRead = true } else { context.read() }
    }

    func resumeReading(of exchange: Exchange) {
        if exchange === self.exchange { resumeSocket() }
    }

    private func resumeSocket() {
        isPaused = false
        guard hasPendingRead else { return }
        hasPendingRead = false
        context?.read()
    }

    // MARK: The end

    func abandon(_ exchange: Exchange) {
        guard exchange === self.exchange else { return }
        self.exchange = nil
        giveUp()
    }

    /// Closes because the rest of a response is not wanted.
    private func giveUp() {
        closes(because: .abandoned)
        closeNow()
    }

    func dropRest(of exchange: Exchange) {
        guard exchange === self.exchange else { return }
        self.exchange = nil
        let limit = settings.dropLimit
        guard isReusable(after: exchange), limit > 0, parser.remaining ?? 0 <= Int64(limit) else { return giveUp() }
        // Reading a little more is cheaper than a new connection.
        dropped = 0
        dropTimer = channel.eventLoop.assumeIsolated().scheduleTask(in: .seconds(1)) { self.giveUp() }
        resumeSocket()
    }

    override func shutDown() {
        closes(because: .shutDown)
        let ended = exchange
        exchange = nil
        closeNow()
        ended?.fail(CancellationSignal.Reason.shutDown)
    }

    private func fail(_ error: TransportError) {
        let ended = exchange
        exchange = nil
        lastError = error
        closeNow()
        ended?.fail(error)
    }

    override func closeNow() {
        guard !isClosing else { return }
        isClosing = true
        if lastError != nil { closes(because: .broken) }
        pool.drain(self)
        // With TLS the other side has a word to say, which must be read.
        resumeSocket()
        context?.close(promise: nil)
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        // A channel that closes in the moment it has connected never becomes inactive, because it was not active yet.
        hasClosed()
        self.context = nil
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        lastError = lastError ?? explained(error)
        closeNow()
    }

    func channelInactive(context: ChannelHandlerContext) {
        hasClosed()
        context.fireChannelInactive()
    }

    private func hasClosed() {
        guard !isClosed else { return }
        isClosed = true
        isClosing = true
        let ended = exchange
        exchange = nil
        endRequest()
        // The end of such a body is the end of the connection, and its head has said so.
        if ended != nil, parser.endsWithConnection { closes(because: .announced) }
        pool.closed(self, because: lastError)
        if let ended { end(ended) }
    }

    /// The connection has gone under an exchange.
    private func end(_ exchange: Exchange) {
        guard !parser.isBeforeResponse else {
            return exchange.fail(
                TransportError.broken(hasServed ? .reused : wasHeardOf ? .heard : .new, lastError, at: address)
            )
        }
        do throws(MalformedResponse) {
            // With TLS, an end without a closing alert may be an attacker's (RFC 8446, 6.1).
            guard lastError == nil, case .end = try parser.nextAtEndOfStream() else { throw .truncated }
            exchange.finish(trailers: nil)
        } catch {
            exchange.fail(TransportError.responseBroken(lastError ?? error, at: address))
        }
    }
}

/// The connection closed at the moment it was to be used.
struct ConnectionClosedError: Error, CustomStringConvertible {
    var description: String { "the connection has closed" }
}
#endif

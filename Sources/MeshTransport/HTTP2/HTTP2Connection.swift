#if Transport
import MeshCore
import MeshTelemetry
import NIOCore
import NIOHTTP2

/// A connection of HTTP/2: many exchanges at once, each on a stream of its own.
///
/// The last handler of its channel, behind that of ``FrameHandler``. It hands the frames of a stream to that stream, and keeps
/// what concerns all of them: numbers, settings, windows, liveness and the end.
///
/// Whatever is written in one turn of the event loop, for all streams, leaves in one piece.
final class HTTP2Connection: Connection, ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame
    typealias Opening = (Result<HTTP2Connection, any Error>) -> Void

    private enum Life {
        /// The peer's settings are awaited: before them nothing is known of how much it takes, or whether it speaks HTTP/2.
        case opening(Opening)
        case open
        /// The last words are said.
        case closing
        case closed
        /// Never was a connection.
        case failed
    }

    private var life: Life
    private var context: ChannelHandlerContext?
    private var streams: [HTTP2StreamID: HTTP2Stream] = [:]
    private var numbers = StreamNumbers()
    /// The last stream that was sent to the peer; later ones wait in the frame handler.
    private var lastSent: HTTP2StreamID = .rootStream
    private var isReading = false
    private var isFlushDue = false
    /// Streams with the head of a response that came in the current read, and perhaps not its end.
    private var held: [HTTP2Stream] = []
    /// Streams whose response has ended, and whose request perhaps has not.
    private var halfClosed: [HTTP2StreamID] = []
    /// The stream that the frame handler has just reset, for a reason that comes next.
    private var faulted: HTTP2Stream?
    private var withheld = WithheldGrants()
    /// A WINDOW_UPDATE for all streams together is on its way to the socket.
    private var isGranting = false
    private var liveness = Liveness()
    private var livenessTimer: Scheduled<Void>?
    private var lastError: (any Error)?
    var responseFields: ResponseFields
    /// How often something was read; ``HTTP2Stream`` compares.
    private(set) var reads = 0
    /// Whether a response has come in.
    var hasServed = false

    private let scheme: String
    /// How large a frame the peer takes.
    private(set) var frameLimit = 16_384

    /// - Parameter opening: Called once, when the peer has sent its settings, or the connection failed before.
    init(_ channel: any Channel, in pool: EndpointPool, opening: @escaping Opening) {
        life = .opening(opening)
        responseFields = ResponseFields(limits: pool.lane.settings.responseLimits)
        scheme = pool.lane.settings.security == nil ? "http" : "https"
        // What NIO takes for the peer's limit until it has named one, and recommended as the least (RFC 9113, 6.5.2).
        super.init(channel, capacity: 100, in: pool)
    }

    override var negotiated: HTTPVersion { .http2 }

    var settings: TransportSettings { pool.lane.settings }

    // MARK: Exchanges

    override func start(_ exchange: Exchange) {
        let fields = RequestFields(exchange.request, scheme: scheme)
        guard fields.fit(in: frameLimit) else {
            exchange.fail(TransportError.invalidRequest(InvalidRequestError.headTooLarge(frameLimit), at: address))
            return pool.release(self)
        }
        guard case .open = life, let number = numbers.next() else {
            pool.drain(self)
            return exchange.wasNotProcessed(ConnectionClosedError())
        }
        let stream = HTTP2Stream(number, of: exchange, on: self)
        streams[number] = stream
        if numbers.isExhausted { pool.drain(self) }
        if livenessTimer == nil { checkLiveness(in: settings.keepAliveInterval) }
        exchange.run(on: stream)
        stream.start(fields.headers)
    }

    /// A stream has ended, as far as its exchange is concerned.
    func hasEnded(_ stream: HTTP2Stream) {
        streams[stream.number] = nil
        withheld.forget(stream.number)
        if case .open = life { pool.release(self) }
    }

    /// Whether the peer can have heard of a stream.
    func hasSent(_ stream: HTTP2Stream) -> Bool { stream.number <= lastSent }

    /// The response has come to its end, and the request may still be on its way.
    func isHalfClosed(_ stream: HTTP2Stream) { halfClosed.append(stream.number) }

    /// The head of a response has come in: if its end does not come in the same read, the stream is told.
    func hold(_ stream: HTTP2Stream) { held.append(stream) }

    // MARK: Writing

    func write(_ payload: HTTP2Frame.FramePayload, on number: HTTP2StreamID, promise: EventLoopPromise<Void>? = nil) {
        guard let context else {
            promise?.fail(ConnectionClosedError())
            return
        }
        context.write(wrapOutboundOut(HTTP2Frame(streamID: number, payload: payload)), promise: promise)
        guard !isFlushDue else { return }
        isFlushDue = true
        // While something is read, the end of reading flushes.
        if !isReading { context.eventLoop.assumeIsolated().execute { self.flush() } }
    }

    /// Lets the peer send more on a stream.
    func grant(_ count: Int, on number: HTTP2StreamID) {
        guard channel.isWritable else { return withheld.withhold(count, on: number) }
        write(.windowUpdate(windowSizeIncrement: count), on: number)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            // What the frame handler keeps goes first: behind it, it would keep the rest as well.
            flush()
            for (number, count) in withheld.takeAll() { grant(count, on: number) }
        }
        context.fireChannelWritabilityChanged()
    }

    private func flush() {
        guard isFlushDue else { return }
        isFlushDue = false
        context?.flush()
    }

    // MARK: Reading

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        isReading = true
        reads &+= 1
        liveness.heard()
        let frame = unwrapInboundIn(data)
        switch frame.payload {
        case .headers(let headers):
            streams[frame.streamID]?.receive(headers.headers, isLast: headers.endStream)
        case .data(let data):
            streams[frame.streamID]?.receive(data)
        case .rstStream(let code):
            streams[frame.streamID]?.wasReset(code)
        case .settings(.settings(let settings)):
            apply(settings)
        case .goAway(let lastStream, let code, let data):
            leave(GoAwayError(lastStream: lastStream, code: code, data: data))
        default:
            break
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReading = false
        if !held.isEmpty {
            for stream in held { stream.openHeld() }
            held.removeAll(keepingCapacity: true)
        }
        if !halfClosed.isEmpty {
            // Whoever has answered does not want the rest of the question (RFC 9113, 8.1).
            for number in halfClosed { write(.rstStream(.noError), on: number) }
            halfClosed.removeAll(keepingCapacity: true)
        }
        if let stream = faulted {
            faulted = nil
            stream.refuse(.http2("the stream was closed"), isClosed: true)
        }
        flush()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case let event as NIOHTTP2WindowUpdatedEvent:
            guard event.streamID == .rootStream, let window = event.inboundWindowSize else { return }
            replenish(window)
        case let event as NIOHTTP2StreamCreatedEvent:
            lastSent = event.streamID
        case let event as StreamClosedEvent:
            if !halfClosed.isEmpty, let index = halfClosed.firstIndex(of: event.streamID) {
                halfClosed.remove(at: index)
            }
            // Streams that end in order, or by a frame, are gone before their event comes.
            if event.reason != nil, let stream = streams[event.streamID] { faulted = stream }
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    /// Gives back what has come in, also on streams that nobody waits for any more.
    ///
    /// Once at a time: the window stays small until the WINDOW_UPDATE has left, and what comes in meanwhile makes it smaller.
    /// Half of the window is there then, so that more comes in, and this is asked again.
    private func replenish(_ window: Int) {
        guard window <= FrameHandler.connectionWindow / 2, !isGranting, !isOver, let context else { return }
        isGranting = true
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenSuccess { self.isGranting = false }
        let increment = FrameHandler.connectionWindow - window
        write(.windowUpdate(windowSizeIncrement: increment), on: .rootStream, promise: promise)
    }

    private var isOver: Bool {
        switch life {
        case .opening, .open: false
        case .closing, .closed, .failed: true
        }
    }

    // MARK: The peer's wishes

    private func apply(_ settings: HTTP2Settings) {
        let limit = settings.last { $0.parameter == .maxConcurrentStreams }?.value
        frameLimit = settings.last { $0.parameter == .maxFrameSize }?.value ?? frameLimit
        switch life {
        case .opening(let opening):
            guard limit != 0 else { return failOpening(NoStreamsError()) }
            if let limit { record.capacity = limit }
            life = .open
            opening(.success(self))
        case .open:
            if let limit { pool.resize(self, to: limit) }
        case .closing, .closed, .failed:
            break
        }
    }

    private func leave(_ goAway: GoAwayError) {
        if case .opening = life { return failOpening(goAway) }
        guard case .open = life else { return }
        if lastError == nil || !goAway.isGraceful { lastError = goAway }
        closes(because: goAway.isGraceful ? .announced : .broken)
        pool.drain(self)
        // Those that the frame handler keeps may not begin any more, whichever stream the peer named; it would try to.
        for stream in streams.values where goAway.excludes(stream.number) || !hasSent(stream) {
            stream.wasNotProcessed(goAway, isClosed: hasSent(stream))
        }
        if streams.isEmpty { closeNow() }
    }

    // MARK: Liveness

    private func checkLiveness(in time: TimeAmount) {
        livenessTimer = channel.eventLoop.assumeIsolated().scheduleTask(in: time) { self.checkLiveness() }
    }

    private func checkLiveness() {
        livenessTimer = nil
        guard case .open = life else { return }
        switch liveness.check(hasStreams: !streams.isEmpty) {
        case .rest:
            break
        case .ask:
            write(.ping(HTTP2PingData(withInteger: UInt64(truncatingIfNeeded: reads)), ack: false), on: .rootStream)
            checkLiveness(in: settings.keepAliveTimeout)
        case .wait:
            let rest = settings.keepAliveInterval - settings.keepAliveTimeout
            checkLiveness(in: rest > .zero ? rest : settings.keepAliveInterval)
        case .gone:
            fail(KeepAliveError(timeout: settings.keepAliveTimeout))
        }
    }

    // MARK: The end

    override func shutDown() {
        closes(because: .shutDown)
        let ended = takeStreams()
        closeNow()
        for stream in ended { stream.fail(CancellationSignal.Reason.shutDown) }
    }

    /// The connection is of no use any more.
    private func fail(_ error: any Error) {
        if case .opening = life { return failOpening(error) }
        guard case .open = life else { return }
        lastError = error
        closes(because: .broken)
        pool.drain(self)
        let ended = takeStreams()
        // A peer that does not answer must not be waited for.
        closeNow()
        for stream in ended { stream.wasLost(error) }
    }

    private func failOpening(_ error: any Error) {
        guard case .opening(let opening) = life else { return }
        life = .failed
        opening(.failure(MalformedResponse(http2: error) ?? explained(error)))
    }

    override func closeNow() {
        guard case .open = life, let context else { return }
        life = .closing
        context.write(
            wrapOutboundOut(
                HTTP2Frame(
                    streamID: .rootStream,
                    payload: .goAway(lastStreamID: .rootStream, errorCode: .noError, opaqueData: nil)
                )
            ),
            promise: nil
        )
        context.flush()
        context.close(promise: nil)
    }

    private func takeStreams() -> [HTTP2Stream] {
        defer { streams = [:] }
        return Array(streams.values)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        let increment = FrameHandler.connectionWindow - 65_535
        write(.windowUpdate(windowSizeIncrement: increment), on: .rootStream)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        // A channel that closes in the moment it has connected never becomes inactive, because it was not active yet.
        hasClosed()
        self.context = nil
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let stream = faulted {
            faulted = nil
            return stream.refuse(MalformedResponse(http2: error) ?? .http2("\(error)"), isClosed: true)
        }
        if let error = error as? NIOHTTP2Errors.StreamError {
            streams[error.streamID]?.refuse(MalformedResponse(http2: error) ?? .http2("\(error)"))
            return
        }
        // The frame handler has said GOAWAY if it was its error.
        fail(MalformedResponse(http2: error) ?? explained(error))
        if case .failed = life { return }
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        hasClosed()
        context.fireChannelInactive()
    }

    private func hasClosed() {
        livenessTimer?.cancel()
        livenessTimer = nil
        switch life {
        case .opening:
            failOpening(ConnectionClosedError())
        case .open, .closing:
            life = .closed
            for stream in takeStreams() { stream.wasLost(lastError) }
            pool.closed(self, because: lastError)
        case .closed, .failed:
            break
        }
    }
}
#endif

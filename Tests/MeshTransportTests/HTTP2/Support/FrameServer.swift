#if Transport
import MeshCore
import NIOCore
import NIOHPACK
import NIOHTTP2
import NIOPosix
import NIOSSL
import Synchronization

/// A server of HTTP/2 that does, frame by frame, what its script says. Knows no rules: it can send what no server should.
final class FrameServer: Sendable {
    /// What came in, in terms that can be compared.
    enum Received: Hashable, Sendable {
        case settings([Int: Int])
        case headers(Int, [Field], isLast: Bool)
        case data(Int, String, isLast: Bool)
        case reset(Int, HTTP2ErrorCode)
        case windowUpdate(Int, Int)
        case ping
        case pingAnswer
        case goAway(HTTP2ErrorCode)
    }

    struct Field: Hashable, Sendable {
        let name: String
        let value: String
    }

    struct Script: Sendable {
        /// What the server says of itself.
        var settings: HTTP2Settings = [HTTP2Setting(parameter: .maxConcurrentStreams, value: 100)]
        /// Whether it answers a PING.
        var isDeaf = false
        var tls: NIOSSLContext?
        /// Called with everything that comes in, on the event loop of the connection.
        var step: @Sendable (Received, Peer) -> Void = { _, _ in }
    }

    let port: UInt16
    private let channel: any Channel
    private let log: Log

    static func start(_ script: Script) async throws -> FrameServer {
        let log = Log()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let tls = script.tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
                    let raw = RawHandler(isDeaf: script.isDeaf)
                    var connection = NIOHTTP2Handler.ConnectionConfiguration()
                    connection.initialSettings = script.settings
                    connection.headerBlockValidation = .disabled
                    connection.contentLengthValidation = .disabled
                    connection.controlFrameRateLimit.maximumCount = 10_000
                    var stream = NIOHTTP2Handler.StreamConfiguration()
                    stream.streamResetFrameRateLimit.maximumCount = 10_000
                    try pipeline.addHandlers([
                        raw,
                        NIOHTTP2Handler(
                            mode: .server,
                            connectionConfiguration: connection,
                            streamConfiguration: stream
                        ),
                        ScriptHandler(script, log, Peer(index: log.connected(channel), channel: channel, raw: raw)),
                    ])
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return FrameServer(channel, log)
    }

    private init(_ channel: any Channel, _ log: Log) {
        self.channel = channel
        self.log = log
        port = UInt16(channel.localAddress!.port!)
    }

    var endpoint: Endpoint { Endpoint(.ip(.v4(0x7F00_0001), port: port)) }

    var received: [Received] { log.all }

    var connectionCount: Int { log.connections.count }

    var openConnections: Int { log.connections.count { $0.isActive } }

    /// Refuses every other connection.
    func stopListening() async throws { try await channel.close() }

    func close() async throws {
        try? await channel.close()
        for connection in log.connections { try? await connection.close() }
    }
}

/// One connection, as the script sees it. Used on its event loop only.
final class Peer: @unchecked Sendable {
    /// 0 for the first connection.
    let index: Int
    let channel: any Channel
    private let raw: RawHandler
    fileprivate var context: ChannelHandlerContext?

    init(index: Int, channel: any Channel, raw: RawHandler) {
        self.index = index
        self.channel = channel
        self.raw = raw
    }

    func headers(_ stream: Int, _ fields: [(String, String)], isLast: Bool = false) {
        send(stream, .headers(.init(headers: HPACKHeaders(fields), endStream: isLast)))
    }

    func data(
        _ stream: Int,
        _ text: String,
        isLast: Bool = false,
        promise: EventLoopPromise<Void>? = nil
    ) {
        let data = HTTP2Frame.FramePayload.Data(
            data: .byteBuffer(ByteBuffer(string: text)),
            endStream: isLast
        )
        send(stream, .data(data), promise: promise)
    }

    func reset(_ stream: Int, _ code: HTTP2ErrorCode) { send(stream, .rstStream(code)) }

    func goAway(_ stream: HTTP2StreamID, _ code: HTTP2ErrorCode = .noError, _ message: String = "") {
        let data = message.isEmpty ? nil : ByteBuffer(string: message)
        send(0, .goAway(lastStreamID: stream, errorCode: code, opaqueData: data))
    }

    func settings(_ settings: HTTP2Settings) { send(0, .settings(.settings(settings))) }

    func send(_ stream: Int, _ payload: HTTP2Frame.FramePayload, promise: EventLoopPromise<Void>? = nil) {
        context?.write(NIOAny(HTTP2Frame(streamID: HTTP2StreamID(stream), payload: payload)), promise: promise)
    }

    /// Sends bytes as they are, past the frames.
    func bytes(_ bytes: [UInt8]) {
        context?.flush()
        raw.context?.writeAndFlush(NIOAny(ByteBuffer(bytes: bytes)), promise: nil)
    }

    func flush() { context?.flush() }

    func close() {
        context?.flush()
        context?.close(promise: nil)
    }

    func later(_ time: TimeAmount, _ action: @escaping @Sendable (Peer) -> Void) {
        channel.eventLoop.scheduleTask(in: time) {
            action(self)
            self.context?.flush()
        }
    }
}

final class RawHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = IOData
    typealias OutboundOut = IOData

    var context: ChannelHandlerContext?
    private let isDeaf: Bool

    init(isDeaf: Bool) { self.isDeaf = isDeaf }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if isDeaf, case .byteBuffer(let bytes) = unwrapOutboundIn(data), bytes.isPingAnswer { return }
        context.write(data, promise: promise)
    }
}

extension ByteBuffer {
    /// Length 8, type PING, flag ACK.
    fileprivate var isPingAnswer: Bool {
        getBytes(at: readerIndex, length: 5) == [0, 0, 8, 6, 1]
    }
}

private final class ScriptHandler: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame

    private let script: FrameServer.Script
    private let log: Log
    private let peer: Peer

    init(_ script: FrameServer.Script, _ log: Log, _ peer: Peer) {
        self.script = script
        self.log = log
        self.peer = peer
    }

    func handlerAdded(context: ChannelHandlerContext) { peer.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { peer.context = nil }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let received = FrameServer.Received(unwrapInboundIn(data)) else { return }
        log.append(received)
        script.step(received, peer)
    }

    func channelReadComplete(context: ChannelHandlerContext) { context.flush() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}

extension FrameServer.Received {
    fileprivate init?(_ frame: HTTP2Frame) {
        let stream = Int(frame.streamID)
        switch frame.payload {
        case .headers(let content):
            self = .headers(
                stream,
                content.headers.map { FrameServer.Field(name: $0.name, value: $0.value) },
                isLast: content.endStream
            )
        case .data(let content):
            guard case .byteBuffer(let bytes) = content.data else { return nil }
            self = .data(stream, String(buffer: bytes), isLast: content.endStream)
        case .rstStream(let code): self = .reset(stream, code)
        case .windowUpdate(let increment): self = .windowUpdate(stream, increment)
        case .ping(_, let isAnswer): self = isAnswer ? .pingAnswer : .ping
        case .goAway(_, let code, _): self = .goAway(code)
        case .settings(.settings(let settings)):
            let known: [HTTP2SettingsParameter: Int] = [
                .enablePush: 2, .maxConcurrentStreams: 3, .initialWindowSize: 4, .maxHeaderListSize: 6,
            ]
            self = .settings(
                Dictionary(settings.compactMap { s in known[s.parameter].map { ($0, s.value) } }) { $1 }
            )
        default: return nil
        }
    }
}

private final class Log: Sendable {
    private struct State {
        var received: [FrameServer.Received] = []
        var connections: [any Channel] = []
    }

    private let state = Mutex(State())

    func connected(_ channel: any Channel) -> Int {
        state.withLock { state in
            state.connections.append(channel)
            return state.connections.count - 1
        }
    }

    func append(_ received: FrameServer.Received) { state.withLock { $0.received.append(received) } }

    var all: [FrameServer.Received] { state.withLock { $0.received } }

    var connections: [any Channel] { state.withLock { $0.connections } }
}
#endif

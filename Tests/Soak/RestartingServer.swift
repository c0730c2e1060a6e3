#if Transport
import MeshCore
import MeshTLS
import NIOCore
import NIOHTTP1
import NIOHTTP2
import NIOPosix
import Synchronization

/// A server that can be stopped in the middle of everything, and started again on its port.
final class RestartingServer: Sendable {
    private struct State {
        var listener: (any Channel)?
        var connections: [ObjectIdentifier: any Channel] = [:]
    }

    private let state = Mutex(State())
    private let port = Mutex(0)
    private let isHTTP2: Bool
    private let tls: ServerTLS?

    private init(isHTTP2: Bool, tls: ServerTLS?) {
        self.isHTTP2 = isHTTP2
        self.tls = tls
    }

    static func start(isHTTP2: Bool, tls: ServerTLS?) async throws -> RestartingServer {
        let server = RestartingServer(isHTTP2: isHTTP2, tls: tls)
        try await server.listen()
        return server
    }

    var endpoint: Endpoint { Endpoint(.ip(.v4(0x7F00_0001), port: UInt16(port.withLock { $0 }))) }

    func restart() async throws {
        try await stop()
        try await Task.sleep(for: .milliseconds(200))
        try await listen()
    }

    func stop() async throws {
        let (listener, connections) = state.withLock { state in
            defer { state.listener = nil }
            return (state.listener, Array(state.connections.values))
        }
        try? await listener?.close()
        for connection in connections { try? await connection.close() }
    }

    private func listen() async throws {
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.backlog, value: 1024)
            .childChannelInitializer { channel in
                let id = ObjectIdentifier(channel)
                self.state.withLock { $0.connections[id] = channel }
                channel.closeFuture.whenComplete { _ in self.state.withLock { $0.connections[id] = nil } }
                return channel.eventLoop.makeCompletedFuture { try self.configure(channel) }
            }
            .bind(host: "127.0.0.1", port: port.withLock { $0 }).get()
        port.withLock { $0 = listener.localAddress?.port ?? 0 }
        state.withLock { $0.listener = listener }
    }

    private func configure(_ channel: any Channel) throws {
        try tls?.makeHandshake(applicationProtocols: [isHTTP2 ? "h2" : "http/1.1"]).install(on: channel)
        let pipeline = channel.pipeline.syncOperations
        guard isHTTP2 else {
            try pipeline.configureHTTPServerPipeline()
            return try pipeline.addHandler(Answers(isChunked: true))
        }
        var stream = NIOHTTP2Handler.StreamConfiguration()
        // Many calls are cancelled here.
        stream.streamResetFrameRateLimit.maximumCount = 100_000
        _ = try pipeline.configureHTTP2Pipeline(
            mode: .server,
            connectionConfiguration: NIOHTTP2Handler.ConnectionConfiguration(),
            streamConfiguration: stream
        ) { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandlers([
                    HTTP2FramePayloadToHTTP1ServerCodec(), Answers(isChunked: false),
                ])
            }
        }
    }
}

private final class Answers: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private static let large = ByteBuffer(repeating: 0x78, count: 64 * 1024)
    private let isChunked: Bool
    private var path = ""

    init(isChunked: Bool) {
        self.isChunked = isChunked
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): path = head.uri
        case .body: break
        case .end: answer(context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func answer(_ context: ChannelHandlerContext) {
        guard path != "/never" else { return }
        let isLarge = path == "/large"
        let head = HTTPResponseHead(
            version: .http1_1,
            status: .ok,
            headers: !isLarge ? ["Content-Length": "2"] : isChunked ? ["Transfer-Encoding": "chunked"] : [:]
        )
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        let piece = isLarge ? Self.large : ByteBuffer(string: "ok")
        for _ in 0..<(isLarge ? 4 : 1) { context.write(wrapOutboundOut(.body(.byteBuffer(piece))), promise: nil) }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }
}
#endif

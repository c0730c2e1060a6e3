#if Transport
import MeshCore
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A server that can be stopped in the middle of everything, and started again on its port.
final class RestartingServer: Sendable {
    private struct State {
        var listener: (any Channel)?
        var connections: [ObjectIdentifier: any Channel] = [:]
    }

    private let state = Mutex(State())
    private let port: Mutex<Int>

    private init() {
        port = Mutex(0)
    }

    static func start() async throws -> RestartingServer {
        let server = RestartingServer()
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
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Answers())
                }
            }
            .bind(host: "127.0.0.1", port: port.withLock { $0 }).get()
        port.withLock { $0 = listener.localAddress?.port ?? 0 }
        state.withLock { $0.listener = listener }
    }
}

private final class Answers: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private static let large = ByteBuffer(repeating: 0x78, count: 64 * 1024)
    private var path = ""

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
            headers: isLarge ? ["Transfer-Encoding": "chunked"] : ["Content-Length": "2"]
        )
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        let piece = isLarge ? Self.large : ByteBuffer(string: "ok")
        for _ in 0..<(isLarge ? 4 : 1) { context.write(wrapOutboundOut(.body(.byteBuffer(piece))), promise: nil) }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }
}
#endif

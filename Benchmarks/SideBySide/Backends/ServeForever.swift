#if AsyncHTTPClient && Transport
import NIOCore
import NIOHTTP1
import NIOPosix

/// Answers every request alike, on one event loop for all ports, until the process ends.
func serveForever(ports: [Int]) async throws {
    let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup(numberOfThreads: 1))
        .serverChannelOption(.backlog, value: 4096)
        .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
        .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
        .childChannelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.configureHTTPServerPipeline(withPipeliningAssistance: false)
                try channel.pipeline.syncOperations.addHandler(Greeting())
            }
        }
    var listeners: [any Channel] = []
    for port in ports {
        listeners.append(try await bootstrap.bind(host: "127.0.0.1", port: port).get())
    }
    for listener in listeners { try await listener.closeFuture.get() }
}

private final class Greeting: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let greeting = ByteBuffer(string: Body.greeting)
    private let kibibyte = ByteBuffer(string: Body.kibibyte)
    private var body = ByteBuffer()

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): body = head.uri == "/1k" ? kibibyte : greeting
        case .body: break
        case .end: answer(context)
        }
    }

    private func answer(_ context: ChannelHandlerContext) {
        let headers: HTTPHeaders = ["content-type": "text/plain", "content-length": "\(body.readableBytes)"]
        let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }
}
#endif

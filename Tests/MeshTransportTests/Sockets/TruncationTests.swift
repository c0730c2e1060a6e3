#if Transport
import MeshCore
import MeshHTTP
import MeshTLS
import MeshTransport
import NIOCore
import NIOPosix
import NIOSSL
import Testing

/// A body that ends with its connection, over TLS: only a closing alert says that it was all (RFC 9112, 9.8; RFC 8446, 6.1).
@Suite("Bodies until the end of a TLS connection", .serialized, .oneAtATime, .timeLimit(.minutes(10)))
struct TruncationTests {
    @Test("end with the closing alert")
    func closed() async throws {
        try await withServer(cuts: false) { transport, endpoint async throws in
            #expect(try await transport.send(to: endpoint).text() == "half of it")
        }
    }

    @Test("fail without it: whoever can cut a connection could shorten them")
    func cut() async throws {
        try await withServer(cuts: true) { transport, endpoint async throws in
            let error = try await transportError { _ = try await transport.send(to: endpoint).text() }
            #expect(error.kind == .responseBroken, "\(error)")
            #expect(error.outcome == .failure)
            #expect(await transport.connectionCount == 0)
        }
    }

    private func withServer(cuts: Bool, _ body: (NativeTransport, Endpoint) async throws -> Void) async throws {
        let certificate = try ServerCertificate()
        let context = try certificate.server(["http/1.1"])
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let socket = SocketHandler()
                    try channel.pipeline.syncOperations.addHandlers([
                        socket, NIOSSLServerHandler(context: context), AnswerHandler(cuts ? socket : nil),
                    ])
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let credentials = try certificate.trusted()
        credentials.start()
        try await credentials.ready()
        let configuration = NativeTransport.Configuration.single {
            $0.tls = ClientTLS(credentials)
            $0.protocols = .http1
        }
        try await withTransport(configuration) { transport async throws in
            try await body(transport, Endpoint(.ip(.v4(0x7F00_0001), port: UInt16(server.localAddress?.port ?? 0))))
        }
        await credentials.shutdown()
        try await server.close()
    }

    /// Closes below TLS, which then has no say.
    private final class SocketHandler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private var context: ChannelHandlerContext?

        func handlerAdded(context: ChannelHandlerContext) { self.context = context }

        func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

        func cut() { context?.close(promise: nil) }
    }

    private final class AnswerHandler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let socket: SocketHandler?

        init(_ socket: SocketHandler?) { self.socket = socket }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let answer = ByteBuffer(string: "HTTP/1.1 200 OK\r\n\r\nhalf of it")
            let socket = NIOLoopBound(socket, eventLoop: context.eventLoop)
            let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
            context.writeAndFlush(wrapOutboundOut(answer)).whenComplete { _ in
                if let socket = socket.value { socket.cut() } else { bound.value.close(promise: nil) }
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
#endif

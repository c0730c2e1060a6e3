#if Transport
import MeshCore
import NIOCore
import NIOPosix

/// A server of TCP that answers the first bytes of a connection with bytes, or closes it.
final class PlainServer: Sendable {
    private let channel: any Channel

    static func start(_ answer: @escaping @Sendable () -> [UInt8]?) async throws -> PlainServer {
        PlainServer(
            try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(AnswerHandler(answer))
                    }
                }
                .bind(host: "127.0.0.1", port: 0).get()
        )
    }

    private init(_ channel: any Channel) { self.channel = channel }

    var endpoint: Endpoint { Endpoint(.ip(.v4(0x7F00_0001), port: UInt16(channel.localAddress!.port!))) }

    func close() async throws { try await channel.close() }
}

private final class AnswerHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let answer: () -> [UInt8]?

    init(_ answer: @escaping () -> [UInt8]?) { self.answer = answer }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let bytes = answer() else { return context.close(promise: nil) }
        context.writeAndFlush(NIOAny(ByteBuffer(bytes: bytes)), promise: nil)
    }
}
#endif

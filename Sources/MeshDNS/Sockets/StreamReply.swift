#if DNS
import NIOCore

/// Waits for the reply on a connection. A message has its length, two octets, in front.
final class StreamReply: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let isReply: @Sendable ([UInt8]) -> Bool
    private let reply: EventLoopPromise<[UInt8]>
    private var received = ByteBuffer()

    init(_ reply: EventLoopPromise<[UInt8]>, isReply: @escaping @Sendable ([UInt8]) -> Bool) {
        self.reply = reply
        self.isReply = isReply
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var data = unwrapInboundIn(data)
        received.writeBuffer(&data)
        guard let message = received.readLengthPrefixedSlice(as: UInt16.self) else { return }
        let bytes = Array(message.readableBytesView)
        // Nobody else can write to this connection: what does not fit is an error of the server.
        if isReply(bytes) {
            reply.succeed(bytes)
        } else {
            reply.fail(DNSError.malformed("the reply over TCP belongs to another question", offset: 0))
        }
        context.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        reply.fail(error)
    }

    func channelInactive(context: ChannelHandlerContext) {
        reply.fail(DNSError.unreachable("the connection was closed before the reply"))
    }
}
#endif

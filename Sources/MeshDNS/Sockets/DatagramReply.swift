#if DNS
import NIOCore

/// Waits for the datagram that answers a query. Any other is ignored.
final class DatagramReply: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let isReply: @Sendable ([UInt8]) -> Bool
    private let reply: EventLoopPromise<[UInt8]>

    init(_ reply: EventLoopPromise<[UInt8]>, isReply: @escaping @Sendable ([UInt8]) -> Bool) {
        self.reply = reply
        self.isReply = isReply
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = Array(unwrapInboundIn(data).data.readableBytesView)
        if isReply(bytes) { reply.succeed(bytes) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A closed port behind a connected socket is an ICMP error, and arrives here.
        reply.fail(error)
    }

    func channelInactive(context: ChannelHandlerContext) {
        reply.fail(DNSError.unreachable("the socket was closed before the reply"))
    }
}
#endif

#if Transport
import NIOCore
import NIOTLS

/// Waits for the end of a TLS handshake, tells which protocol was agreed on, and leaves the pipeline.
final class HandshakeWatch: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny

    private var completion: ((Result<String?, any Error>) -> Void)?

    init(_ completion: @escaping (Result<String?, any Error>) -> Void) {
        self.completion = completion
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted(let negotiated)? = event as? TLSUserEvent {
            context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
            complete(.success(negotiated))
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        complete(.failure(error))
    }

    func channelInactive(context: ChannelHandlerContext) {
        complete(.failure(ConnectionClosedError()))
        context.fireChannelInactive()
    }

    private func complete(_ result: Result<String?, any Error>) {
        completion?(result)
        completion = nil
    }
}
#endif

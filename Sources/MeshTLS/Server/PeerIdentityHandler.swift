#if TLS
public import NIOCore
import NIOTLS

/// Keeps who the peer is where every handler of the connection can find it. It is put there only by ``ServerHandshake``, and
/// knows only what that has verified. A connection that takes too long over its handshake is closed.
///
/// The validated chain that NIOSSL keeps would not do: it does not say for which kind of name its root vouches, and any other
/// verification leaves one, too.
final class PeerIdentityHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let verification: Verification
    private let timeout: TimeAmount
    private var timer: Scheduled<Void>?

    init(_ verification: Verification, timeout: TimeAmount) {
        self.verification = verification
        self.timeout = timeout
    }

    var identity: PeerIdentity? { try? verification.result?.get() }

    func handlerAdded(context: ChannelHandlerContext) {
        let channel = context.channel
        timer = context.eventLoop.scheduleTask(in: timeout) {
            channel.pipeline.fireErrorCaught(TLSError(.handshakeFailed, "the handshake took too long"))
            channel.close(promise: nil)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted? = event as? TLSUserEvent {
            timer?.cancel()
            verification.peerHasProvedPossession()
        }
        context.fireUserInboundEventTriggered(event)
    }
}

extension PeerIdentity {
    /// Who the client of an accepted connection has proved to be; `nil` if it has proved nothing.
    ///
    /// Works for connections on which ``ServerHandshake/install(on:)`` was called, and for the HTTP/2 streams in them. For any
    /// other channel it is `nil`, whatever certificate the peer showed there.
    ///
    /// - Throws: `ChannelError.ioOnClosedChannel` if the connection has closed: nothing is known of its peer any more, which
    ///   must not be taken for a peer that has proved nothing.
    /// - Complexity: One hop to the event loop of the channel.
    public init?(of channel: any Channel) async throws {
        var channel = channel
        var hasClosed = false
        while true {
            do {
                let identity = try await channel.pipeline.handler(type: PeerIdentityHandler.self)
                    .map { $0.identity }.get()
                guard let identity else { return nil }
                self = identity
                return
            } catch ChannelPipelineError.notFound {
                // A channel loses its handlers when it closes. The parent of a connection is the socket that accepted it.
                hasClosed = hasClosed || !channel.isActive
                // A stream of HTTP/2 has its TLS in the connection.
                guard let parent = channel.parent else {
                    if hasClosed { throw ChannelError.ioOnClosedChannel }
                    return nil
                }
                channel = parent
            }
        }
    }
}
#endif

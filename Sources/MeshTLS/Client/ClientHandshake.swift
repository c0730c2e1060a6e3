#if TLS
public import NIOCore
import NIOSSL
import NIOTLS

/// One connection's handshake as a client. Made by ``ClientTLS/makeHandshake(with:serverName:applicationProtocols:)``, and
/// used on the connection's event loop only.
public final class ClientHandshake {
    private let handler: NIOSSLClientHandler
    private let verification: Verification

    init(
        context: NIOSSLContext,
        serverName: String?,
        verifier: PeerVerifier,
        credentials: TLSCredentials
    ) throws {
        let verification = Verification()
        self.verification = verification
        handler = try NIOSSLClientHandler(
            context: context,
            serverHostname: serverName,
            customVerificationCallbackWithMetadata: { chain, promise in
                verification.run(verifier, on: chain, credentials, promise)
            }
        )
    }

    /// Adds the handler of TLS to the end of the channel's pipeline. It fires `TLSUserEvent.handshakeCompleted` when the peer
    /// has proved who it is, and an error before it closes the connection otherwise. Call it before other handlers are added,
    /// on the channel's event loop.
    public func install(on channel: any Channel) throws {
        try channel.pipeline.syncOperations.addHandlers([handler, CompletionHandler(verification)])
    }

    /// What became of the peer's verification: who it is, or a ``PeerVerificationError``; `nil` before it was refused or the
    /// handshake was over.
    public var result: Result<PeerIdentity, any Error>? { verification.result }

    /// What to tell the caller about an error that the pipeline gave: the typed reason if the peer was refused, a
    /// ``TLSError`` for other errors of TLS, and any other error as it is.
    ///
    /// With TLS 1.3 a client is done before the server has looked at its certificate: a refusal comes as an error while the
    /// first response is waited for. It is a ``TLSError/Code-swift.enum/refusedByPeer``, and the request was not seen. Once
    /// something has come in on the connection, the server had accepted the certificate, and the same error says no such thing.
    public func error(for error: any Error) -> any Error {
        if case .failure(let reason) = verification.result { return reason }
        return TLSError(handshake: error) ?? error
    }
}

/// Waits for the end of the handshake, and leaves the pipeline.
private final class CompletionHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny

    private let verification: Verification

    init(_ verification: Verification) {
        self.verification = verification
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted? = event as? TLSUserEvent {
            verification.peerHasProvedPossession()
            context.fireUserInboundEventTriggered(event)
            context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }
}

@available(*, unavailable)
extension ClientHandshake: Sendable {}
#endif

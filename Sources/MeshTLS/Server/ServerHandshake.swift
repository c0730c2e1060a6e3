#if TLS
public import NIOCore
import NIOSSL

/// One accepted connection's handshake. Made by ``ServerTLS/makeHandshake(applicationProtocols:)``, and used on the
/// connection's event loop only.
public final class ServerHandshake {
    let handler: NIOSSLServerHandler
    private let verification: Verification

    init(context: NIOSSLContext, verifier: PeerVerifier, credentials: TLSCredentials) {
        let verification = Verification()
        self.verification = verification
        handler = NIOSSLServerHandler(
            context: context,
            customVerificationCallbackWithMetadata: { chain, promise in
                verification.run(verifier, on: chain, credentials, promise)
            }
        )
    }

    /// Adds the handler of TLS to the end of the channel's pipeline, and behind it what ``PeerIdentity/init(of:)`` asks. Call
    /// it before other handlers are added, on the channel's event loop.
    public func install(on channel: any Channel) throws {
        try channel.pipeline.syncOperations.addHandlers([handler, PeerIdentityHandler(verification)])
    }

    /// What became of the client's verification: who it is, or a ``PeerVerificationError``; `nil` before the client has shown
    /// its certificates.
    public var result: Result<PeerIdentity, any Error>? { verification.result }
}

@available(*, unavailable)
extension ServerHandshake: Sendable {}
#endif

#if TLS
import NIOCore
public import NIOSSL

/// One accepted connection's handshake. Made by ``ServerTLS/makeHandshake(applicationProtocols:)``, and used on the
/// connection's event loop only.
public final class ServerHandshake {
    /// The handler to put at the network's end of the pipeline.
    public let handler: NIOSSLServerHandler
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

    /// What became of the client's verification: who it is, or a ``PeerVerificationError``; `nil` before the client has shown
    /// its certificates.
    public var result: Result<PeerIdentity, any Error>? { verification.result }
}

@available(*, unavailable)
extension ServerHandshake: Sendable {}
#endif

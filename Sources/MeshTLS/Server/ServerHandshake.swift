#if TLS
public import NIOCore
import NIOSSL

/// One accepted connection's handshake. Made by ``ServerTLS/makeHandshake(applicationProtocols:)``, and used on the
/// connection's event loop only.
public final class ServerHandshake {
    private let handler: NIOSSLServerHandler
    private let verification: Verification
    private let timeout: TimeAmount

    /// - Parameter verifier: Makes what verifies the client, once the client has shown its certificates.
    init(
        context: NIOSSLContext,
        timeout: TimeAmount,
        credentials: TLSCredentials,
        verifier: @escaping () throws -> PeerVerifier
    ) {
        let verification = Verification()
        self.verification = verification
        self.timeout = timeout
        handler = NIOSSLServerHandler(
            context: context,
            customVerificationCallbackWithMetadata: { chain, promise in
                do {
                    verification.run(try verifier(), on: chain, credentials, promise)
                } catch {
                    verification.fail(error, promise)
                }
            }
        )
    }

    /// Adds the handler of TLS to the end of the channel's pipeline, and behind it what ``PeerIdentity/init(of:)`` asks. Call
    /// it before other handlers are added, on the channel's event loop. From then on the handshake may take
    /// ``ServerTLS/Configuration/handshakeTimeout``.
    public func install(on channel: any Channel) throws {
        try channel.pipeline.syncOperations.addHandlers([
            handler, PeerIdentityHandler(verification, timeout: timeout),
        ])
    }

    /// What became of the client's verification: who it is, or a ``PeerVerificationError``; `nil` before it was refused or the
    /// handshake was over.
    public var result: Result<PeerIdentity, any Error>? { verification.result }
}

@available(*, unavailable)
extension ServerHandshake: Sendable {}
#endif

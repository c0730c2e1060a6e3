#if TLS
import NIOCore
public import NIOSSL

/// One connection's handshake as a client. Made by ``ClientTLS/makeHandshake(with:serverName:applicationProtocols:)``, and
/// used on the connection's event loop only.
public final class ClientHandshake {
    /// The handler to put at the network's end of the pipeline. It fires `TLSUserEvent.handshakeCompleted` when the peer has
    /// been verified, and an error before it closes the connection otherwise.
    public let handler: NIOSSLClientHandler
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

    /// What became of the peer's verification: who it is, or a ``PeerVerificationError``; `nil` before the peer has shown
    /// its certificates.
    public var result: Result<PeerIdentity, any Error>? { verification.result }

    /// What to tell the caller about an error that the pipeline gave: the typed reason if the peer was refused, a
    /// ``TLSError`` for other errors of TLS, and any other error as it is.
    ///
    /// With TLS 1.3 a client is done before the server has looked at its certificate: a refusal comes as an error while the
    /// first response is waited for. It is a ``TLSError/Code-swift.enum/refusedByPeer``, and the request was not seen.
    public func error(for error: any Error) -> any Error {
        if case .failure(let reason) = verification.result { return reason }
        return TLSError(handshake: error) ?? error
    }
}

@available(*, unavailable)
extension ClientHandshake: Sendable {}
#endif

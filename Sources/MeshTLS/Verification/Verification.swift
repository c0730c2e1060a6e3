#if TLS
import NIOCore
import NIOSSL

/// The verification of one connection's peer. Confined to the event loop of the connection.
final class Verification {
    private(set) var result: Result<PeerIdentity, any Error>?

    /// Verifies `chain` off the event loop, then keeps the result and completes `promise`.
    func run(
        _ verifier: PeerVerifier,
        on chain: [NIOSSLCertificate],
        _ credentials: TLSCredentials,
        _ promise: EventLoopPromise<NIOSSLVerificationResultWithMetadata>
    ) {
        let verdict = promise.futureResult.eventLoop.makePromise(of: Result<PeerIdentity, PeerVerificationError>.self)
        verdict.completeWithTask { await verifier.verify(chain) }
        verdict.futureResult.assumeIsolated().whenComplete { verdict in
            do {
                let peer = try verdict.get().get()
                let path = try peer.certificateChain.map { try NIOSSLCertificate($0) }
                self.result = .success(peer)
                promise.succeed(.certificateVerified(VerificationMetadata(NIOSSL.ValidatedCertificateChain(path))))
            } catch {
                self.result = .failure(error)
                if let error = error as? PeerVerificationError { credentials.report(.peerRefused(error)) }
                promise.succeed(.failed)
            }
        }
    }
}
#endif

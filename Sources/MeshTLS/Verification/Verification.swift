#if TLS
import NIOCore
import NIOSSL

/// The verification of one connection's peer. Confined to the event loop of the connection.
final class Verification {
    private var verdict: Result<PeerIdentity, any Error>?
    private var isProved = false

    /// What became of it. A certificate can be shown by anybody: who the peer is stands there only when it has also proved
    /// that it has the key. A refusal needs no proof.
    var result: Result<PeerIdentity, any Error>? {
        if case .success = verdict, !isProved { return nil }
        return verdict
    }

    /// The handshake is over, and BoringSSL has verified the signature over it.
    func peerHasProvedPossession() {
        isProved = true
    }

    /// Verifies `chain` off the event loop, then keeps the result and completes `promise`.
    func run(
        _ verifier: PeerVerifier,
        on chain: [NIOSSLCertificate],
        _ credentials: TLSCredentials,
        _ promise: EventLoopPromise<NIOSSLVerificationResultWithMetadata>
    ) {
        let verified = promise.futureResult.eventLoop.makePromise(of: Result<PeerIdentity, PeerVerificationError>.self)
        verified.completeWithTask { await verifier.verify(chain) }
        verified.futureResult.assumeIsolated().whenComplete { result in
            do {
                let peer = try result.get().get()
                let path = try peer.certificateChain.map { try NIOSSLCertificate($0) }
                self.verdict = .success(peer)
                promise.succeed(.certificateVerified(VerificationMetadata(NIOSSL.ValidatedCertificateChain(path))))
            } catch {
                if let error = error as? PeerVerificationError { credentials.report(.peerRefused(error)) }
                self.fail(error, promise)
            }
        }
    }

    /// Refuses the peer.
    func fail(_ error: any Error, _ promise: EventLoopPromise<NIOSSLVerificationResultWithMetadata>) {
        verdict = .failure(error)
        promise.succeed(.failed)
    }
}
#endif

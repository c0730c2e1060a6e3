#if TLS
import MeshCore
import NIOSSL
import SwiftASN1
import X509

extension PeerVerifier {
    /// Verifies what the leaf alone can show. Whoever calls this has to know that a chain leads from it to a root of the
    /// scope of the expectation (``PeerExpectation/scope``).
    func verify(leaf: NIOSSLCertificate?) throws(PeerVerificationError) {
        do throws(Refusal) {
            guard let leaf else { throw Refusal(.noCertificate, "it showed no certificate") }
            let certificate: Certificate
            do {
                certificate = try Certificate(derEncoded: leaf.toDERBytes())
            } catch {
                throw Refusal(.malformedCertificate, "a certificate cannot be read: \("\(error)".quoted())")
            }
            switch expectation {
            case .hostName, .address:
                try checkHost(certificate)
                try checkName(in: certificate)
            case .spiffeID, .pattern, .trustDomain, .anyTrusted:
                try checkWorkload(certificate)
            }
        } catch {
            throw PeerVerificationError(error, expected: expectation)
        }
    }

    private func checkWorkload(_ leaf: Certificate) throws(Refusal) {
        let id = try SVID.id(of: leaf)
        do throws(Refusal) {
            try checkUsageAndDates(of: leaf)
            guard expectation.admits(id) else {
                throw Refusal(.identityMismatch, "the certificate is in order, but it is someone else's")
            }
        } catch {
            throw Refusal(error.reason, error.detail, id: id)
        }
    }
}

extension PeerExpectation {
    /// Whose roots alone may vouch for such a peer; `nil` if that depends on the peer.
    var scope: TrustBundle.Scope? {
        switch self {
        case .spiffeID(let id): .trustDomain(id.trustDomain)
        case .pattern(let pattern): .trustDomain(pattern.trustDomain)
        case .trustDomain(let domain): .trustDomain(domain)
        case .hostName, .address: .hostNames
        case .anyTrusted: nil
        }
    }
}

extension PeerVerificationError {
    init(_ refusal: Refusal, expected: PeerExpectation) {
        self.init(
            reason: refusal.reason,
            expected: "\(expected)",
            found: refusal.id.map { "\($0)" },
            detail: refusal.detail
        )
    }
}
#endif

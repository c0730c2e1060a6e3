#if TLS
import MeshCore
import SwiftASN1
import X509

/// Which end of the connection the peer is.
enum PeerRole: Hashable, Sendable, CustomStringConvertible {
    case server, client

    var description: String { self == .server ? "a server" : "a client" }

    func isAllowed(by usage: ExtendedKeyUsage) -> Bool {
        usage.contains(self == .server ? .serverAuth : .clientAuth) || usage.contains(.any)
    }
}

/// What RFC 5280 demands of a whole chain and `RFC5280Policy` leaves out: version 3 and the key usage of authorities and, as
/// Go and BoringSSL do, extended key usages that an authority restricts its leaves to. No SHA-1.
struct ChainPolicy: VerifierPolicy {
    let role: PeerRole

    let verifyingCriticalExtensions: [ASN1ObjectIdentifier] = [
        .X509ExtensionID.subjectAlternativeName, .X509ExtensionID.extendedKeyUsage,
    ]

    func chainMeetsPolicyRequirements(chain: UnverifiedCertificateChain) -> PolicyEvaluationResult {
        // The root stands in the bundle because someone trusts it as it is.
        for (index, certificate) in chain.dropLast().enumerated() {
            do {
                if certificate.signatureAlgorithm == .sha1WithRSAEncryption {
                    return .failsToMeetPolicy(reason: "a certificate is signed with SHA-1")
                }
                // Nothing in such a certificate says that it is an authority's, and `RFC5280Policy` lets it pass as one.
                if index > 0, certificate.version != .v3 {
                    return .failsToMeetPolicy(reason: "an intermediate certificate is not of version 3")
                }
                if index > 0, let usage = try certificate.extensions.keyUsage, !usage.keyCertSign {
                    return .failsToMeetPolicy(reason: "an intermediate certificate may not sign certificates")
                }
                if index > 0, let usage = try certificate.extensions.extendedKeyUsage, !role.isAllowed(by: usage) {
                    return .failsToMeetPolicy(reason: "an intermediate certificate is not for \(role)")
                }
            } catch {
                return .failsToMeetPolicy(reason: "an extension cannot be read: \(error)")
            }
        }
        return .meetsPolicy
    }
}
#endif

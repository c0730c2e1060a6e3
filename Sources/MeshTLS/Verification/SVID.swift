#if TLS
import MeshCore
import SwiftASN1
import X509

/// The rules of the X509-SVID standard for a leaf, sections 2 to 5.
enum SVID {
    /// The SPIFFE ID of a certificate that may have none.
    static func idIfPresent(in certificate: Certificate) throws -> SPIFFEID? {
        let names = uriNames(try certificate.extensions.subjectAlternativeNames)
        guard names.contains(where: { $0.hasPrefix("spiffe:") }) else { return nil }
        guard names.count == 1 else {
            throw InvalidIdentityError(reason: "the certificate has \(names.count) names of URI form; an SVID has one")
        }
        return try SPIFFEID(names[0])
    }

    /// The SPIFFE ID of a leaf that keeps to all rules.
    static func id(of leaf: Certificate) throws(Refusal) -> SPIFFEID {
        let names = uriNames(try extensions { try leaf.extensions.subjectAlternativeNames })
        guard let name = names.first else {
            throw Refusal(.noSPIFFEID, "the certificate (\("\(leaf.subject)".quoted())) has no name of URI form")
        }
        guard names.count == 1 else {
            throw Refusal(
                .severalURINames,
                "the certificate has \(names.count) names of URI form: \(names.prefix(4).map { $0.quoted() }.joined(separator: ", "))"
            )
        }
        let id: SPIFFEID
        do {
            id = try SPIFFEID(name)
        } catch {
            throw Refusal(.invalidSPIFFEID, "\(error)")
        }
        guard !id.path.isEmpty else {
            throw Refusal(.invalidSPIFFEID, "\(id) names a trust domain, not a workload", id: id)
        }
        do throws(Refusal) {
            if case .isCertificateAuthority = try extensions({ try leaf.extensions.basicConstraints }) {
                throw Refusal(.leafIsAuthority, "the certificate of the peer is one of an authority")
            }
            guard let usage = try extensions({ try leaf.extensions.keyUsage }), usage.digitalSignature else {
                throw Refusal(.keyUsage, "the key usage of the certificate does not include digital signatures")
            }
            guard !usage.keyCertSign, !usage.cRLSign else {
                throw Refusal(
                    .keyUsage,
                    "the key usage of the certificate includes the signing of certificates or CRLs"
                )
            }
        } catch {
            throw Refusal(error.reason, error.detail, id: id)
        }
        return id
    }

    static func uriNames(_ names: SubjectAlternativeNames?) -> [String] {
        (names ?? SubjectAlternativeNames()).compactMap {
            if case .uniformResourceIdentifier(let name) = $0 { name } else { nil }
        }
    }

    /// An extension that cannot be read counts against the certificate, never as absent.
    static func extensions<Value>(_ read: () throws -> Value) throws(Refusal) -> Value {
        do {
            return try read()
        } catch {
            throw Refusal(
                .malformedCertificate,
                "an extension of the certificate cannot be read: \("\(error)".quoted())"
            )
        }
    }
}

/// Why a chain is refused, before it is known for whom it was asked.
struct Refusal: Error {
    let reason: PeerVerificationError.Reason
    let detail: String
    /// Whom the certificate claims to be, if it could be read.
    let id: SPIFFEID?

    init(_ reason: PeerVerificationError.Reason, _ detail: String, id: SPIFFEID? = nil) {
        self.reason = reason
        self.detail = detail
        self.id = id
    }
}
#endif

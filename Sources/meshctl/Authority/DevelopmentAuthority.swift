#if TLS
import Crypto
import Foundation
import MeshTLS
import SwiftASN1
import X509

/// A certificate authority with a P-256 key, for one trust domain.
struct DevelopmentAuthority {
    let certificate: Certificate
    let key: Certificate.PrivateKey
    let trustDomain: TrustDomain

    /// Allows for clocks that are a little behind.
    private static let leeway: TimeInterval = 60

    static func make(for trustDomain: TrustDomain, ttl: Lifetime) throws -> DevelopmentAuthority {
        let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let name = try DistinguishedName {
            OrganizationName("Mesh development")
            CommonName("Authority of \(trustDomain)".prefix(64).description)
        }
        let certificate = try Certificate(
            version: .v3,
            serialNumber: Certificate.SerialNumber(),
            publicKey: key.publicKey,
            notValidBefore: Date() - leeway,
            notValidAfter: Date() + ttl.seconds,
            issuer: name,
            subject: name,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                SubjectAlternativeNames([.uniformResourceIdentifier("spiffe://\(trustDomain)")])
                SubjectKeyIdentifier(hash: key.publicKey)
            },
            issuerPrivateKey: key
        )
        return DevelopmentAuthority(certificate: certificate, key: key, trustDomain: trustDomain)
    }

    static func read(from directory: String) throws -> DevelopmentAuthority {
        let files = AuthorityFiles(directory: directory)
        guard FileManager.default.fileExists(atPath: files.certificate) else {
            throw ControlError(
                "there is no authority in \(directory): create one with meshctl ca init, or name another with --ca"
            )
        }
        let certificate = try Certificate(pemEncoded: String(contentsOfFile: files.certificate, encoding: .utf8))
        let key = try Certificate.PrivateKey(pemEncoded: String(contentsOfFile: files.key, encoding: .utf8))
        guard certificate.publicKey == key.publicKey else {
            throw ControlError("\(files.key) is not the key of \(files.certificate)")
        }
        if let flaw = try flaw(of: certificate) {
            throw ControlError(
                "\(files.certificate) \(flaw): create another authority with meshctl ca init --out, and name it with --ca"
            )
        }
        guard
            let name = try certificate.extensions.subjectAlternativeNames?.lazy.compactMap({ name -> String? in
                if case .uniformResourceIdentifier(let uri) = name { uri } else { nil }
            }).first
        else { throw ControlError("\(files.certificate) does not name a trust domain") }
        return DevelopmentAuthority(certificate: certificate, key: key, trustDomain: try SPIFFEID(name).trustDomain)
    }

    /// Why nobody would accept what this authority issues.
    private static func flaw(of certificate: Certificate) throws -> String? {
        let now = Date()
        guard case .isCertificateAuthority? = try certificate.extensions.basicConstraints else {
            return "is not the certificate of an authority"
        }
        if now > certificate.notValidAfter { return "has expired (\(certificate.notValidAfter))" }
        if now < certificate.notValidBefore { return "is not valid yet (\(certificate.notValidBefore))" }
        return nil
    }

    /// Issues an X509-SVID.
    func issue(_ id: SPIFFEID, hosts: [GeneralName], ttl: Lifetime) throws -> IssuedCertificate {
        guard id.trustDomain == trustDomain else {
            throw ControlError("\(id) is not of the trust domain of this authority, \(trustDomain)")
        }
        guard !id.path.isEmpty else { throw ControlError("\(id) names a trust domain; a workload has a path") }
        let leafKey = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let leaf = try Certificate(
            version: .v3,
            serialNumber: Certificate.SerialNumber(),
            publicKey: leafKey.publicKey,
            notValidBefore: Date() - Self.leeway,
            notValidAfter: min(Date() + ttl.seconds, certificate.notValidAfter),
            issuer: certificate.subject,
            subject: try DistinguishedName { OrganizationName("Mesh development") },
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage([.serverAuth, .clientAuth])
                SubjectAlternativeNames([.uniformResourceIdentifier(id.description)] + hosts)
                SubjectKeyIdentifier(hash: leafKey.publicKey)
                AuthorityKeyIdentifier(keyIdentifier: SubjectKeyIdentifier(hash: certificate.publicKey).keyIdentifier)
            },
            issuerPrivateKey: key
        )
        return IssuedCertificate(certificate: leaf, key: leafKey)
    }

    var certificatePEM: String {
        get throws { try certificate.serializeAsPEM().pemString + "\n" }
    }

    var keyPEM: String {
        get throws { try key.serializeAsPEM().pemString + "\n" }
    }
}

/// A certificate and its key.
struct IssuedCertificate {
    let certificate: Certificate
    let key: Certificate.PrivateKey

    var certificatePEM: String {
        get throws { try certificate.serializeAsPEM().pemString + "\n" }
    }

    var keyPEM: String {
        get throws { try key.serializeAsPEM().pemString + "\n" }
    }
}
#endif

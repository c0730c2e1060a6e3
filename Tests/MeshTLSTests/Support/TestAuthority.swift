#if TLS
import Crypto
import Foundation
import MeshTLS
import SwiftASN1
import X509

/// Issues certificates for tests, good ones unless told otherwise.
final class TestAuthority: Sendable {
    let certificate: Certificate
    let key: Certificate.PrivateKey
    /// What an issued chain carries above the leaf.
    let intermediates: [Certificate]

    init(
        _ name: String = "test root",
        issuedBy parent: TestAuthority? = nil,
        extensions changed: ((inout Certificate.Extensions) throws -> Void)? = nil
    ) throws {
        key = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let subject = try DistinguishedName { CommonName(name) }
        var extensions = try Certificate.Extensions {
            Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
            Critical(KeyUsage(keyCertSign: true, cRLSign: true))
        }
        try changed?(&extensions)
        let certificate = try Certificate(
            version: .v3,
            serialNumber: Certificate.SerialNumber(),
            publicKey: key.publicKey,
            notValidBefore: Date() - 3600,
            notValidAfter: Date() + 86_400,
            issuer: parent?.certificate.subject ?? subject,
            subject: subject,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: extensions,
            issuerPrivateKey: parent?.key ?? key
        )
        self.certificate = certificate
        intermediates = parent.map { [certificate] + $0.intermediates } ?? []
    }

    func issue(_ wish: Wish) throws -> Issued {
        let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
        var extensions = Certificate.Extensions()
        if let constraints = wish.basicConstraints {
            try extensions.append(Certificate.Extension(constraints, critical: true))
        }
        if let usage = wish.keyUsage { try extensions.append(Certificate.Extension(usage, critical: true)) }
        if let usage = wish.extendedKeyUsage { try extensions.append(Certificate.Extension(usage, critical: false)) }
        if !wish.names.isEmpty {
            try extensions.append(
                Certificate.Extension(SubjectAlternativeNames(wish.names), critical: wish.criticalNames)
            )
        }
        let leaf = try Certificate(
            version: .v3,
            serialNumber: Certificate.SerialNumber(),
            publicKey: key.publicKey,
            notValidBefore: Date() + wish.validFrom,
            notValidAfter: Date() + wish.validUntil,
            issuer: certificate.subject,
            subject: try DistinguishedName { CommonName(wish.commonName) },
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: extensions,
            issuerPrivateKey: self.key
        )
        return Issued(chain: [leaf] + intermediates, key: key)
    }

    func issue(_ id: String) throws -> Issued { try issue(Wish(id)) }

    func bundle(_ domain: String = "prod.example") throws -> TrustBundle {
        try TrustBundle(.trustDomain(TrustDomain(domain)), roots: [certificate])
    }
}

/// What a leaf should look like; times in seconds from now.
struct Wish: Sendable {
    var names: [GeneralName] = []
    var criticalNames = false
    var basicConstraints: BasicConstraints? = .notCertificateAuthority
    var keyUsage: KeyUsage? = KeyUsage(digitalSignature: true)
    var extendedKeyUsage: ExtendedKeyUsage?
    var validFrom: TimeInterval = -60
    var validUntil: TimeInterval = 3600
    var commonName = "a workload"

    init(_ id: String, change: (inout Wish) -> Void = { _ in }) {
        names = [.uniformResourceIdentifier(id)]
        extendedKeyUsage = try? ExtendedKeyUsage([.serverAuth, .clientAuth])
        change(&self)
    }
}

struct Issued: Sendable {
    let chain: [Certificate]
    let key: Certificate.PrivateKey

    var identity: TLSIdentity {
        get throws { try TLSIdentity(certificateChain: chain, privateKey: key) }
    }

    var chainPEM: String {
        get throws { try chain.map { try $0.serializeAsPEM().pemString }.joined(separator: "\n") + "\n" }
    }

    var keyPEM: String {
        get throws { try key.serializeAsPEM().pemString + "\n" }
    }
}
#endif

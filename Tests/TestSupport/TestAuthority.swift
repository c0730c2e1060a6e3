#if TLS
import Crypto
public import Foundation
public import MeshTLS
import SwiftASN1
public import X509

/// Issues certificates for tests, good ones unless told otherwise.
public final class TestAuthority: Sendable {
    /// The certificate of the authority.
    public let certificate: Certificate
    /// Its key.
    public let key: Certificate.PrivateKey
    /// What an issued chain carries above the leaf.
    public let intermediates: [Certificate]

    /// Creates an authority: a root, or an intermediate one of `parent`.
    public init(
        _ name: String = "test root",
        issuedBy parent: TestAuthority? = nil,
        version: Certificate.Version = .v3,
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
            version: version,
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

    /// Issues a certificate as it is wished for.
    public func issue(_ wish: Wish) throws -> Issued {
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

    /// Issues a good certificate for a SPIFFE ID.
    public func issue(_ id: String) throws -> Issued { try issue(Wish(id)) }

    /// A trust bundle with this authority alone.
    public func bundle(_ domain: String = "prod.example") throws -> TrustBundle {
        try TrustBundle(.trustDomain(TrustDomain(domain)), roots: [certificate])
    }
}

/// What a leaf should look like; times in seconds from now.
public struct Wish: Sendable {
    /// The subject alternative names.
    public var names: [GeneralName] = []
    /// Whether the names are critical.
    public var criticalNames = false
    /// Whether it is the certificate of an authority; `nil` for no word about it.
    public var basicConstraints: BasicConstraints? = .notCertificateAuthority
    /// What the key is for; `nil` for no word about it.
    public var keyUsage: KeyUsage? = KeyUsage(digitalSignature: true)
    /// For which roles it is; `nil` for no word about it.
    public var extendedKeyUsage: ExtendedKeyUsage?
    /// The beginning of its validity.
    public var validFrom: TimeInterval = -60
    /// The end of its validity.
    public var validUntil: TimeInterval = 3600
    /// The common name of the subject.
    public var commonName = "a workload"

    /// Wishes for a good certificate for a SPIFFE ID, and something else about it.
    public init(_ id: String, change: (inout Wish) -> Void = { _ in }) {
        names = [.uniformResourceIdentifier(id)]
        extendedKeyUsage = try? ExtendedKeyUsage([.serverAuth, .clientAuth])
        change(&self)
    }
}

/// A chain of certificates and the key of its leaf.
public struct Issued: Sendable {
    /// The leaf first.
    public let chain: [Certificate]
    /// The key of the leaf.
    public let key: Certificate.PrivateKey

    /// Both as an identity.
    public var identity: TLSIdentity {
        get throws { try TLSIdentity(certificateChain: chain, privateKey: key) }
    }

    /// The chain in PEM.
    public var chainPEM: String {
        get throws { try chain.map { try $0.serializeAsPEM().pemString }.joined(separator: "\n") + "\n" }
    }

    /// The key in PEM.
    public var keyPEM: String {
        get throws { try key.serializeAsPEM().pemString + "\n" }
    }
}
#endif

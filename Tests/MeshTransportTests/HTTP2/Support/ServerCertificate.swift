#if Transport
import Crypto
import Foundation
import MeshTLS
import NIOSSL
import SwiftASN1
import X509

/// A certificate for `users.prod`, and the authority that vouches for it.
struct ServerCertificate {
    let authority: Certificate
    private let leaf: Certificate
    private let key: Certificate.PrivateKey

    init() throws {
        let rootKey = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let rootName = try DistinguishedName { CommonName("test root") }
        func issue(
            _ publicKey: Certificate.PublicKey,
            _ subject: DistinguishedName,
            _ extensions: Certificate.Extensions
        ) throws -> Certificate {
            try Certificate(
                version: .v3,
                serialNumber: Certificate.SerialNumber(),
                publicKey: publicKey,
                notValidBefore: Date() - 3600,
                notValidAfter: Date() + 3600,
                issuer: rootName,
                subject: subject,
                signatureAlgorithm: .ecdsaWithSHA256,
                extensions: extensions,
                issuerPrivateKey: rootKey
            )
        }
        authority = try issue(
            rootKey.publicKey,
            rootName,
            try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                Critical(KeyUsage(keyCertSign: true, cRLSign: true))
            }
        )
        key = Certificate.PrivateKey(P256.Signing.PrivateKey())
        leaf = try issue(
            key.publicKey,
            try DistinguishedName { CommonName("users") },
            try Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage([.serverAuth])
                SubjectAlternativeNames([.dnsName("users.prod")])
            }
        )
    }

    /// TLS of a server that offers `protocols`.
    func server(_ protocols: [String]) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: [.certificate(try NIOSSLCertificate(bytes: Array(pem(leaf).utf8), format: .pem))],
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(keyPEM.utf8), format: .pem))
        )
        configuration.applicationProtocols = protocols
        return try NIOSSLContext(configuration: configuration)
    }

    /// Credentials of a client that trusts the authority.
    func trusted() throws -> TLSCredentials {
        TLSCredentials(identity: nil, trust: [.fixed([try TrustBundle(.hostNames, roots: [authority])])])
    }

    var certificatePEM: String { get throws { try pem(leaf) } }

    var keyPEM: String { get throws { try key.serializeAsPEM().pemString + "\n" } }

    private func pem(_ certificate: Certificate) throws -> String { try certificate.serializeAsPEM().pemString + "\n" }
}
#endif

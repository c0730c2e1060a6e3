#if AsyncHTTPClient && Transport
import Crypto
import Foundation
import SwiftASN1
import X509

/// A certificate authority for one run, and what it issued to the two sides, as PEM files in a temporary folder.
struct Credentials: Sendable {
    /// The name in the server's certificate, which no resolver knows.
    static let serverName = "backend.sidebyside.test"
    static let trustDomain = "sidebyside.test"

    let folder: URL

    var authority: String { folder.appending(path: "ca.pem").path }
    var serverCertificate: String { folder.appending(path: "server.pem").path }
    var serverKey: String { folder.appending(path: "server.key").path }
    var clientCertificate: String { folder.appending(path: "client.pem").path }
    var clientKey: String { folder.appending(path: "client.key").path }

    /// New ones, valid for a day. The server is `spiffe://sidebyside.test/backend` and has a DNS name; the client is
    /// `spiffe://sidebyside.test/client`.
    static func issued() throws -> Credentials {
        let folder = FileManager.default.temporaryDirectory.appending(path: "sidebyside-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: folder,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        let credentials = Credentials(folder: folder)
        let authority = try Authority()
        try authority.pem.write(toFile: credentials.authority, atomically: true, encoding: .utf8)
        let names = [GeneralName.dnsName(serverName), .ipAddress(ASN1OctetString(contentBytes: [127, 0, 0, 1]))]
        let server = try authority.issue("backend", names)
        try server.certificate.write(toFile: credentials.serverCertificate, atomically: true, encoding: .utf8)
        try server.key.write(toFile: credentials.serverKey, atomically: true, encoding: .utf8)
        let client = try authority.issue("client", [])
        try client.certificate.write(toFile: credentials.clientCertificate, atomically: true, encoding: .utf8)
        try client.key.write(toFile: credentials.clientKey, atomically: true, encoding: .utf8)
        return credentials
    }

    func remove() {
        try? FileManager.default.removeItem(at: folder)
    }
}

private struct Authority {
    private let name: DistinguishedName
    private let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
    let pem: String

    init() throws {
        let extensions = try Certificate.Extensions {
            Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
            Critical(KeyUsage(keyCertSign: true, cRLSign: true))
        }
        name = try DistinguishedName { CommonName("sidebyside") }
        let certificate = try Self.certificate(for: key.publicKey, name, extensions, by: name, key)
        pem = try certificate.serializeAsPEM().pemString
    }

    func issue(_ path: String, _ names: [GeneralName]) throws -> (certificate: String, key: String) {
        let leafKey = P256.Signing.PrivateKey()
        let identity = GeneralName.uniformResourceIdentifier("spiffe://\(Credentials.trustDomain)/\(path)")
        let extensions = try Certificate.Extensions {
            Critical(BasicConstraints.notCertificateAuthority)
            Critical(KeyUsage(digitalSignature: true))
            try ExtendedKeyUsage([.serverAuth, .clientAuth])
            SubjectAlternativeNames([identity] + names)
        }
        let certificate = try Self.certificate(
            for: Certificate.PublicKey(leafKey.publicKey),
            DistinguishedName { CommonName(path) },
            extensions,
            by: name,
            key
        )
        return (try certificate.serializeAsPEM().pemString, leafKey.pemRepresentation)
    }

    private static func certificate(
        for key: Certificate.PublicKey,
        _ subject: DistinguishedName,
        _ extensions: Certificate.Extensions,
        by issuer: DistinguishedName,
        _ issuerKey: Certificate.PrivateKey
    ) throws -> Certificate {
        try Certificate(
            version: .v3,
            serialNumber: Certificate.SerialNumber(),
            publicKey: key,
            notValidBefore: .now - 3600,
            notValidAfter: .now + 86_400,
            issuer: issuer,
            subject: subject,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: extensions,
            issuerPrivateKey: issuerKey
        )
    }
}
#endif

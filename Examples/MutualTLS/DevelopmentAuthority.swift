#if Transport
import Crypto
import Foundation
import SwiftASN1
import X509

/// A certificate authority for this demonstration. On a laptop, `meshctl ca init` and `meshctl cert issue` do the same.
struct DevelopmentAuthority {
    let certificate: Certificate
    private let key: Certificate.PrivateKey

    init(_ name: String) throws {
        key = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let subject = try DistinguishedName { CommonName(name) }
        certificate = try Certificate(
            version: .v3,
            serialNumber: Certificate.SerialNumber(),
            publicKey: key.publicKey,
            notValidBefore: Date() - 60,
            notValidAfter: Date() + 3600,
            issuer: subject,
            subject: subject,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                Critical(KeyUsage(keyCertSign: true, cRLSign: true))
            },
            issuerPrivateKey: key
        )
    }

    /// Writes a certificate for the workload and its key. The files are replaced one after the other: whoever reads them
    /// in between must notice that they do not match.
    @discardableResult
    func issue(_ id: String, to files: WorkloadFiles) throws -> Certificate {
        let leafKey = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let leaf = try Certificate(
            version: .v3,
            serialNumber: Certificate.SerialNumber(),
            publicKey: leafKey.publicKey,
            notValidBefore: Date() - 60,
            notValidAfter: Date() + 600,
            issuer: certificate.subject,
            subject: DistinguishedName { CommonName("workload") },
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage([.serverAuth, .clientAuth])
                SubjectAlternativeNames([.uniformResourceIdentifier(id)])
            },
            issuerPrivateKey: key
        )
        try WorkloadFiles.write(leaf.serializeAsPEM().pemString, to: files.certificate)
        try WorkloadFiles.write(leafKey.serializeAsPEM().pemString, to: files.key)
        return leaf
    }
}

/// Where a workload finds its certificate, its key and the roots that it trusts.
struct WorkloadFiles {
    let certificate: String
    let key: String
    let bundle: String

    init(_ name: String, in folder: URL) {
        certificate = folder.appending(path: "\(name).pem").path
        key = folder.appending(path: "\(name).key.pem").path
        bundle = folder.appending(path: "\(name).bundle.pem").path
    }

    func trust(_ authorities: [DevelopmentAuthority]) throws {
        let pem = try authorities.map { try $0.certificate.serializeAsPEM().pemString }.joined(separator: "\n")
        try Self.write(pem, to: bundle)
    }

    static func write(_ text: String, to path: String) throws {
        let temporary = path + ".new"
        let attributes: [FileAttributeKey: Any] = [.posixPermissions: 0o600]
        guard
            FileManager.default.createFile(atPath: temporary, contents: Data(text.utf8), attributes: attributes),
            rename(temporary, path) == 0
        else { throw CocoaError(.fileWriteUnknown) }
    }
}
#endif

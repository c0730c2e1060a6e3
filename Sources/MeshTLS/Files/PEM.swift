#if TLS
import NIOSSL
import SwiftASN1
import X509

/// Reads what PEM files of the mesh consist of.
enum PEM {
    /// All certificates, in order. Other documents are passed over.
    static func certificates(in bytes: some Collection<UInt8>) throws -> [Certificate] {
        let certificates = try PEMDocument.parseMultiple(pemString: text(bytes))
            .filter { $0.discriminator == Certificate.defaultPEMDiscriminator }
            .map { try Certificate(pemDocument: $0) }
        guard !certificates.isEmpty else { throw PEMError(reason: "there is no certificate in it") }
        return certificates
    }

    /// All certificates that can be read. For the roots of an operating system: among a hundred there may be one of a kind
    /// that nobody needs and this library does not know.
    static func readableCertificates(in bytes: some Collection<UInt8>) throws -> [Certificate] {
        let certificates = try PEMDocument.parseMultiple(pemString: text(bytes)).compactMap {
            try? Certificate(pemDocument: $0)
        }
        guard !certificates.isEmpty else { throw PEMError(reason: "there is no certificate in it") }
        return certificates
    }

    /// The only private key. Other documents are passed over.
    static func privateKey(in bytes: some Collection<UInt8>) throws -> Certificate.PrivateKey {
        let keys = try PEMDocument.parseMultiple(pemString: text(bytes)).filter {
            $0.discriminator.hasSuffix("PRIVATE KEY")
        }
        guard let key = keys.first else { throw PEMError(reason: "there is no private key in it") }
        guard keys.count == 1 else { throw PEMError(reason: "there are \(keys.count) private keys in it") }
        guard key.discriminator != "ENCRYPTED PRIVATE KEY" else { throw PEMError(reason: "the key is encrypted") }
        return try Certificate.PrivateKey(pemDocument: key)
    }

    private static func text(_ bytes: some Collection<UInt8>) throws -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw PEMError(reason: "it is not text") }
        return text
    }
}

/// Why text is not the PEM that was expected.
struct PEMError: Error, CustomStringConvertible {
    let reason: String

    var description: String { reason }
}

extension NIOSSLCertificate {
    convenience init(_ certificate: Certificate) throws {
        var serializer = DER.Serializer()
        try serializer.serialize(certificate)
        try self.init(bytes: serializer.serializedBytes, format: .der)
    }
}
#endif

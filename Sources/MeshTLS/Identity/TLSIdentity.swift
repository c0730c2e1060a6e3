#if TLS
import NIOSSL
import SwiftASN1
public import X509

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Who we are: a chain of certificates and the private key of the first of them.
///
/// Made only from a key that matches its certificate. The key is held as BoringSSL's object and never printed.
public struct TLSIdentity: Sendable {
    /// The certificates that are shown to a peer: the leaf, then whatever leads to a root.
    public let certificateChain: [Certificate]
    /// The SPIFFE ID of the leaf; `nil` if it has none, as a certificate for a host name.
    public let spiffeID: SPIFFEID?

    let chainSources: [NIOSSLCertificateSource]
    let keySource: NIOSSLPrivateKeySource
    let validity: Validity

    /// Creates an identity from certificates and a key.
    ///
    /// - Throws: ``InvalidIdentityError`` if there is no certificate, the key belongs to another one, or the leaf has
    ///   several names of URI form or one that is not a SPIFFE ID.
    public init(certificateChain: [Certificate], privateKey: Certificate.PrivateKey) throws(InvalidIdentityError) {
        do {
            let key = try NIOSSLPrivateKey(bytes: Array(privateKey.serializeAsPEM().pemString.utf8), format: .pem)
            try self.init(certificateChain, key: .privateKey(key), publicKey: privateKey.publicKey)
        } catch {
            throw InvalidIdentityError(wrapping: error)
        }
    }

    /// Creates an identity from PEM text.
    ///
    /// - Parameters:
    ///   - certificateChain: The leaf first. Anything but certificates is passed over.
    ///   - privateKey: One key that is not encrypted: PKCS#8, SEC 1 or PKCS#1. Anything but keys is passed over, so both
    ///     parameters may be the same text.
    /// - Throws: ``InvalidIdentityError``.
    public init(
        certificateChain: some Collection<UInt8>,
        privateKey: some Collection<UInt8>
    ) throws(InvalidIdentityError) {
        let certificates: [Certificate]
        let key: Certificate.PrivateKey
        do {
            certificates = try PEM.certificates(in: certificateChain)
        } catch {
            throw InvalidIdentityError(reason: "the certificate chain cannot be read: \(error)")
        }
        do {
            key = try PEM.privateKey(in: privateKey)
        } catch {
            throw InvalidIdentityError(reason: "the private key cannot be read: \(error)")
        }
        try self.init(certificateChain: certificates, privateKey: key)
    }

    /// Creates an identity whose key is known to match if `publicKey` is that of the leaf; `nil` leaves the check to the
    /// handshake (a key in hardware).
    init(
        _ chain: [Certificate],
        key: NIOSSLPrivateKeySource,
        publicKey: Certificate.PublicKey?
    ) throws(InvalidIdentityError) {
        guard let leaf = chain.first else { throw InvalidIdentityError(reason: "there is no certificate") }
        guard publicKey == nil || leaf.publicKey == publicKey else {
            throw InvalidIdentityError(
                reason: chain.dropFirst().contains { $0.publicKey == publicKey }
                    ? "the certificate of the private key must come first in the chain"
                    : "the private key does not belong to the certificate (\(leaf.subject))"
            )
        }
        do {
            spiffeID = try SVID.idIfPresent(in: leaf)
            chainSources = try chain.map { .certificate(try NIOSSLCertificate($0)) }
        } catch {
            throw InvalidIdentityError(wrapping: error)
        }
        certificateChain = chain
        keySource = key
        validity = Validity(of: chain)
    }
}

extension TLSIdentity: Equatable {
    /// Whether the two show the same certificates. They then also have the same key, because a leaf has one only.
    public static func == (lhs: TLSIdentity, rhs: TLSIdentity) -> Bool {
        lhs.certificateChain == rhs.certificateChain
    }
}

extension TLSIdentity: CustomStringConvertible {
    /// The SPIFFE ID or subject, the serial number and the end of its validity.
    public var description: String {
        let leaf = certificateChain[0]
        return "\(spiffeID.map { "\($0)" } ?? "\(leaf.subject)") (serial \(leaf.serialNumber), until \(validity.end))"
    }
}

/// Why certificates and a key are no identity.
public struct InvalidIdentityError: Error, Hashable, CustomStringConvertible {
    /// What is wrong.
    public let reason: String

    init(reason: String) {
        self.reason = reason
    }

    init(wrapping error: any Error) {
        self = error as? InvalidIdentityError ?? InvalidIdentityError(reason: "\(error)")
    }

    /// What is wrong.
    public var description: String { reason }
}
#endif

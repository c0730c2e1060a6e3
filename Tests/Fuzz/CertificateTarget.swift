#if Transport && DNS && DEBUG
import Crypto
import Foundation
import MeshCore
import NIOSSL
import SwiftASN1
import X509

@testable import MeshTLS

/// Certificates with anything in them, signed by a root that is trusted: an authority can be careless, and whoever it issues to
/// may choose the names.
struct CertificateTarget: FuzzTarget {
    private static let expected: SPIFFEID = "spiffe://prod.example/users"

    private let rootKey = P256.Signing.PrivateKey()
    private let root: Certificate
    private let verifier: PeerVerifier
    private let mutator: Mutator

    init() throws {
        let key = Certificate.PrivateKey(rootKey)
        let name = try DistinguishedName { CommonName("root") }
        let root = try Certificate(
            version: .v3,
            serialNumber: Certificate.SerialNumber(),
            publicKey: key.publicKey,
            notValidBefore: Date() - 3600,
            notValidAfter: Date() + 86_400,
            issuer: name,
            subject: name,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                Critical(KeyUsage(keyCertSign: true, cRLSign: true))
            },
            issuerPrivateKey: key
        )
        self.root = root
        verifier = PeerVerifier(
            anchors: TrustAnchors([try TrustBundle(.trustDomain("prod.example"), roots: [root])]),
            role: .server,
            expectation: .spiffeID(Self.expected)
        )
        let leaf = P256.Signing.PrivateKey()
        func tbs(_ names: [GeneralName], _ constraints: BasicConstraints, _ usage: KeyUsage) throws -> [UInt8] {
            let certificate = try Certificate(
                version: .v3,
                serialNumber: Certificate.SerialNumber(),
                publicKey: Certificate.PrivateKey(leaf).publicKey,
                notValidBefore: Date() - 60,
                notValidAfter: Date() + 3600 * 12,
                issuer: name,
                subject: try DistinguishedName { CommonName("users") },
                signatureAlgorithm: .ecdsaWithSHA256,
                extensions: try Certificate.Extensions {
                    Critical(constraints)
                    Critical(usage)
                    SubjectAlternativeNames(names)
                    try ExtendedKeyUsage([.serverAuth, .clientAuth])
                },
                issuerPrivateKey: key
            )
            return Array(certificate.tbsCertificateBytes)
        }
        let id = GeneralName.uniformResourceIdentifier("\(Self.expected)")
        let other = GeneralName.uniformResourceIdentifier("spiffe://prod.example/admin")
        let signs = KeyUsage(digitalSignature: true)
        mutator = Mutator(
            corpus: [
                try tbs([id], .notCertificateAuthority, signs),
                try tbs([.dnsName("users.example"), id], .notCertificateAuthority, signs),
                try tbs([id, other], .notCertificateAuthority, signs),
                try tbs([other], .notCertificateAuthority, signs),
                try tbs(
                    [id],
                    .isCertificateAuthority(maxPathLength: 0),
                    KeyUsage(digitalSignature: true, keyCertSign: true)
                ),
                try tbs([id], .notCertificateAuthority, KeyUsage(keyEncipherment: true)),
            ],
            tokens: [
                [0], [0x80], [0xFF], [0x30, 0], [0x30, 0x80], [0x04, 0], [0x05, 0], [0x01, 0x01, 0xFF],
                [0x02, 0x01, 0],
                [0x06, 0x03, 0x55, 0x1D, 0x11], [0x06, 0x03, 0x55, 0x1D, 0x13], [0x06, 0x03, 0x55, 0x1D, 0x0F],
                [0x86, 0x1B] + Array("\(Self.expected)".utf8), [0x84, 0x7F, 0xFF, 0xFF, 0xFF], [0x17, 0x0D],
            ]
        )
    }

    func examine(using random: inout SplitMix64) -> Finding {
        var tbs = mutator.corpus.randomElement(using: &random) ?? []
        if Bool.random(using: &random) {
            // What stays as long as it was gets further.
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                let place = Int.random(in: 4..<tbs.count, using: &random)
                tbs[place] = UInt8.random(in: .min ... .max, using: &random)
            }
        } else {
            var content = Array(tbs.dropFirst(4))
            for _ in 0..<Int.random(in: 1...3, using: &random) { mutator.mutate(&content, using: &random) }
            tbs = Self.sequence(content)
        }
        return examine(tbs)
    }

    private func examine(_ tbs: [UInt8]) -> Finding {
        let signature = try? rootKey.signature(for: tbs)
        let bits = [0] + Array(signature?.derRepresentation ?? Data())
        let algorithm: [UInt8] = [0x30, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02]
        let der = Self.sequence(tbs + algorithm + [0x03, UInt8(bits.count)] + bits)
        // BoringSSL reads it first, as in a handshake.
        guard let shown = try? NIOSSLCertificate(bytes: der, format: .der) else {
            _ = try? Certificate(derEncoded: der)
            return Finding(der, .refused)
        }
        let turns = Turns()
        let verifier = verifier
        let result = turns.start { await verifier.verify([shown]) }
        switch result.value {
        case nil: return Finding(der, .wrong("the verification does not end"))
        case .failure(let error):
            // Whatever a peer sends ends up in logs.
            let text = "\(error)"
            let isClean =
                text.utf8.count < 4096 && text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
            return Finding(der, isClean ? .refused : .wrong("an error that cannot be shown: \(text.debugDescription)"))
        case .success(let peer):
            guard peer.spiffeID == Self.expected else { return Finding(der, .wrong("someone else: \(peer)")) }
            let fault = fault(in: der)
            return Finding(der, fault.map { .wrong($0) } ?? .accepted)
        }
    }

    /// What speaks against a certificate that was accepted.
    private func fault(in der: [UInt8]) -> String? {
        guard let leaf = try? Certificate(derEncoded: der) else { return "a certificate that cannot be read" }
        guard Certificate.PublicKey(rootKey.publicKey).isValidSignature(leaf.signature, for: leaf) else {
            return "a signature that is not the root's"
        }
        let now = Date()
        guard leaf.notValidBefore <= now, now <= leaf.notValidAfter else {
            return "a certificate that is not valid now"
        }
        guard leaf.issuer == root.subject else { return "another issuer" }
        let names = (try? leaf.extensions.subjectAlternativeNames) ?? SubjectAlternativeNames()
        let uris = names.compactMap { if case .uniformResourceIdentifier(let uri) = $0 { uri } else { nil } }
        guard uris == ["\(Self.expected)"] else { return "the names \(uris)" }
        if case .isCertificateAuthority? = try? leaf.extensions.basicConstraints { return "an authority" }
        guard let usage = try? leaf.extensions.keyUsage, usage.digitalSignature, !usage.keyCertSign, !usage.cRLSign
        else {
            return "a key for something else"
        }
        return nil
    }

    /// A SEQUENCE with this content.
    private static func sequence(_ content: [UInt8]) -> [UInt8] {
        let count = min(content.count, 0xFFFF)
        return [0x30, 0x82, UInt8(count >> 8), UInt8(count & 0xFF)] + content.prefix(count)
    }
}
#endif

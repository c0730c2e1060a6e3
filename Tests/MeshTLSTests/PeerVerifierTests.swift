#if TLS
import Crypto
import Foundation
import MeshCore
import NIOSSL
import SwiftASN1
import Testing
import X509

@testable import MeshTLS

@Suite("Verification of a peer")
struct PeerVerifierTests {
    typealias Reason = PeerVerificationError.Reason

    static let users = "spiffe://prod.example/users"

    /// A certificate as it should not be, and what is said about it.
    struct Flaw: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let reason: Reason
        let wish: Wish

        init(_ name: String, _ reason: Reason, _ id: String = PeerVerifierTests.users, change: (inout Wish) -> Void) {
            testDescription = name
            self.reason = reason
            wish = Wish(id, change: change)
        }
    }

    static let flaws: [Flaw] = [
        Flaw("no SAN", .noSPIFFEID) { $0.names = [] },
        Flaw("a DNS name only", .noSPIFFEID) { $0.names = [.dnsName("users.prod")] },
        Flaw("two SPIFFE IDs", .severalURINames) {
            $0.names.append(.uniformResourceIdentifier("spiffe://prod.example/orders"))
        },
        Flaw("the same SPIFFE ID twice", .severalURINames) { $0.names.append($0.names[0]) },
        Flaw("a SPIFFE ID and another URI", .severalURINames) {
            $0.names.append(.uniformResourceIdentifier("https://prod.example"))
        },
        Flaw("another URI only", .invalidSPIFFEID, "https://prod.example/users") { _ in },
        Flaw("an upper-case trust domain", .invalidSPIFFEID, "spiffe://Prod.example/users") { _ in },
        Flaw("a path of dots", .invalidSPIFFEID, "spiffe://prod.example/../users") { _ in },
        Flaw("no path", .invalidSPIFFEID, "spiffe://prod.example") { _ in },
        Flaw("another trust domain", .unknownTrustDomain, "spiffe://staging.example/users") { _ in },
        Flaw("a CA as leaf", .leafIsAuthority) { $0.basicConstraints = .isCertificateAuthority(maxPathLength: nil) },
        Flaw("no key usage", .keyUsage) { $0.keyUsage = nil },
        Flaw("no digital signatures", .keyUsage) { $0.keyUsage = KeyUsage(keyAgreement: true) },
        Flaw("signing of certificates", .keyUsage) {
            $0.keyUsage = KeyUsage(digitalSignature: true, keyCertSign: true)
        },
        Flaw("signing of CRLs", .keyUsage) { $0.keyUsage = KeyUsage(digitalSignature: true, cRLSign: true) },
        Flaw("for clients only", .extendedKeyUsage) { $0.extendedKeyUsage = try? ExtendedKeyUsage([.clientAuth]) },
        Flaw("for code signing only", .extendedKeyUsage) {
            $0.extendedKeyUsage = try? ExtendedKeyUsage([.codeSigning])
        },
        Flaw("expired", .expired) {
            $0.validFrom = -7200
            $0.validUntil = -3600
        },
        Flaw("not yet valid", .notYetValid) {
            $0.validFrom = 3600
            $0.validUntil = 7200
        },
        Flaw("somebody else", .identityMismatch, "spiffe://prod.example/orders") { _ in },
        Flaw("somebody whose ID begins alike", .identityMismatch, "spiffe://prod.example/users/admin") { _ in },
    ]

    @Test("is refused", arguments: flaws)
    func refused(_ flaw: Flaw) async throws {
        let root = try TestAuthority()
        let issued = try root.issue(flaw.wish)
        let error = try await refusal(issued.chain, anchors: TrustAnchors([root.bundle()]))
        #expect(error.reason == flaw.reason, "\(error)")
        #expect(error.expected == Self.users)
        #expect(error.outcome == Outcome(.failure, retry: .neverSent))
        #expect(!error.detail.isEmpty)
    }

    @Test("is accepted", arguments: [false, true])
    func accepted(hasCriticalNames: Bool) async throws {
        let root = try TestAuthority()
        var wish = Wish(Self.users) {
            $0.names.append(.dnsName("users.prod"))
            $0.criticalNames = hasCriticalNames
        }
        let anchors = TrustAnchors([try root.bundle()])
        var peer = try await verify(try root.issue(wish).chain, anchors: anchors).get()
        #expect(peer.spiffeID == "spiffe://prod.example/users")
        #expect(peer.dnsNames == ["users.prod"])
        #expect(peer.certificateChain.last == root.certificate)
        // Neither of these extensions has to be there.
        wish.basicConstraints = nil
        wish.extendedKeyUsage = nil
        peer = try await verify(try root.issue(wish).chain, anchors: anchors).get()
        #expect(peer.certificateChain.count == 2)
    }

    @Test("is matched with who was expected")
    func expectations() async throws {
        let root = try TestAuthority()
        let chain = try root.issue("spiffe://prod.example/ns/shop/sa/users").chain
        let anchors = TrustAnchors([try root.bundle()])
        let expectations: [(ExpectedIdentity, Bool)] = [
            (.spiffeID("spiffe://prod.example/ns/shop/sa/users"), true),
            (.spiffeID("spiffe://prod.example/ns/shop/sa"), false),
            (.spiffePattern("spiffe://prod.example/ns/*/sa/users"), true),
            (.spiffePattern("spiffe://prod.example/ns/*/sa/orders"), false),
            (.trustDomain("prod.example"), true),
            (.trustDomain("staging.example"), false),
        ]
        for (expected, isMatch) in expectations {
            let result = try await verify(chain, anchors: anchors, expecting: PeerExpectation(expected))
            switch result {
            case .success: #expect(isMatch, "\(expected)")
            case .failure(let error):
                #expect(!isMatch && error.reason == .identityMismatch, "\(error)")
                #expect(error.found == "spiffe://prod.example/ns/shop/sa/users")
            }
        }
    }

    @Test("needs a chain to a root of its own trust domain")
    func ownDomain() async throws {
        let (prod, staging) = (try TestAuthority("prod"), try TestAuthority("staging"))
        // Staging's authority is trusted, but not to speak for prod.
        let anchors = TrustAnchors([try prod.bundle(), try staging.bundle("staging.example")])
        let error = try await refusal(try staging.issue(Self.users).chain, anchors: anchors)
        #expect(error.reason == .unknownAuthority)
        // The roots for host names speak for no SPIFFE ID, whatever they are.
        let names = TrustAnchors([try TrustBundle(.hostNames, roots: [prod.certificate])])
        #expect(try await refusal(try prod.issue(Self.users).chain, anchors: names).reason == .unknownTrustDomain)
    }

    @Test("needs a chain that leads somewhere")
    func chains() async throws {
        let root = try TestAuthority()
        let anchors = TrustAnchors([try root.bundle()])
        let impostor = try TestAuthority()  // the same name, another key
        #expect(try await refusal(try impostor.issue(Self.users).chain, anchors: anchors).reason == .unknownAuthority)

        let middle = try TestAuthority("middle", issuedBy: root)
        let bottom = try TestAuthority("bottom", issuedBy: middle)
        let deep = try bottom.issue(Self.users)
        #expect(try await verify(deep.chain, anchors: anchors).get().certificateChain.count == 4)
        #expect(
            try await verify([deep.chain[0], deep.chain[2], deep.chain[1]], anchors: anchors).get().spiffeID != nil
        )
        #expect(try await refusal([deep.chain[0], deep.chain[2]], anchors: anchors).reason == .unknownAuthority)

        let toothless = try TestAuthority("toothless", issuedBy: root) {
            $0[oid: .X509ExtensionID.keyUsage] = try Certificate.Extension(
                KeyUsage(digitalSignature: true),
                critical: true
            )
        }
        #expect(try await refusal(try toothless.issue(Self.users).chain, anchors: anchors).reason == .invalidChain)

        let notAnAuthority = try TestAuthority("leaf", issuedBy: root) {
            $0[oid: .X509ExtensionID.basicConstraints] = try Certificate.Extension(
                BasicConstraints.notCertificateAuthority,
                critical: true
            )
        }
        #expect(try await refusal(try notAnAuthority.issue(Self.users).chain, anchors: anchors).reason == .invalidChain)

        // Version 1 knows no extensions, and so no word about whether this is an authority.
        let ancient = try TestAuthority("ancient", issuedBy: root, version: .v1) { $0 = Certificate.Extensions() }
        #expect(try await refusal(try ancient.issue(Self.users).chain, anchors: anchors).reason == .invalidChain)

        let forClients = try TestAuthority("for clients", issuedBy: root) {
            try $0.append(Certificate.Extension(ExtendedKeyUsage([.clientAuth]), critical: false))
        }
        #expect(try await refusal(try forClients.issue(Self.users).chain, anchors: anchors).reason == .invalidChain)
    }

    @Test("shows at least one certificate and at most six")
    func length() async throws {
        let root = try TestAuthority()
        let anchors = TrustAnchors([try root.bundle()])
        #expect(try await refusal([], anchors: anchors).reason == .noCertificate)
        let chain = try root.issue(Self.users).chain + Array(repeating: root.certificate, count: 6)
        #expect(try await refusal(chain, anchors: anchors).reason == .chainTooLong)
        #expect(try await verify(Array(chain.prefix(6)), anchors: anchors).get().certificateChain.count == 2)
    }

    @Test("old and new root are both good while roots are rotated")
    func overlap() async throws {
        let (old, new) = (try TestAuthority("root 1"), try TestAuthority("root 2"))
        let domain = TrustBundle.Scope.trustDomain("prod.example")
        let both = TrustAnchors([try TrustBundle(domain, roots: [old.certificate, new.certificate])])
        for authority in [old, new] {
            #expect(try await verify(try authority.issue(Self.users).chain, anchors: both).get().spiffeID != nil)
        }
        let after = TrustAnchors([try TrustBundle(domain, roots: [new.certificate])])
        #expect(try await refusal(try old.issue(Self.users).chain, anchors: after).reason == .unknownAuthority)
        // Two sources for one trust domain add up.
        let sum = TrustAnchors([try old.bundle(), try new.bundle()])
        #expect(try await verify(try old.issue(Self.users).chain, anchors: sum).get().spiffeID != nil)
    }

    @Test(
        "by host name",
        arguments: [
            ("users.prod", "users.prod", true), ("users.prod", "USERS.prod.", true),
            ("users.prod", "orders.prod", false),
            ("*.mesh.prod", "users.mesh.prod", true), ("*.mesh.prod", "a.users.mesh.prod", false),
            ("*.mesh.prod", "mesh.prod", false), ("*.prod", "users.prod", false),
            ("u*.mesh.prod", "users.mesh.prod", false),
            ("*", "users", false), ("users.prod", "users.prod.evil", false), ("users.prod", "10.0.0.1", false),
        ]
    )
    func hostNames(_ pattern: String, _ name: String, isMatch: Bool) async throws {
        let root = try TestAuthority()
        let chain = try root.issue(Wish("") { $0.names = [.dnsName(pattern)] }).chain
        let anchors = TrustAnchors([try TrustBundle(.hostNames, roots: [root.certificate])])
        switch try await verify(chain, anchors: anchors, expecting: PeerExpectation(host: name)) {
        case .success(let peer):
            #expect(isMatch)
            #expect(peer.spiffeID == nil)
        case .failure(let error): #expect(!isMatch && error.reason == .identityMismatch, "\(error)")
        }
    }

    @Test("by IP address, and never by the common name")
    func addresses() async throws {
        let root = try TestAuthority()
        let anchors = TrustAnchors([try TrustBundle(.hostNames, roots: [root.certificate])])
        let v4 = GeneralName.ipAddress(ASN1OctetString(contentBytes: [10, 0, 0, 1]))
        let bytes: [UInt8] = [0x20, 0x01, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]
        let v6 = GeneralName.ipAddress(ASN1OctetString(contentBytes: bytes[...]))
        let chain = try root.issue(Wish("") { $0.names = [v4, v6] }).chain
        for (name, isMatch) in [("10.0.0.1", true), ("2001:db8::1", true), ("10.0.0.2", false), ("::1", false)] {
            let result = try await verify(chain, anchors: anchors, expecting: PeerExpectation(host: name))
            #expect(((try? result.get()) != nil) == isMatch, "\(name)")
        }
        let named = try root.issue(
            Wish("") {
                $0.names = []
                $0.commonName = "users.prod"
            }
        ).chain
        let error = try await refusal(named, anchors: anchors, expecting: PeerExpectation(host: "users.prod"))
        #expect(error.reason == .identityMismatch)
        #expect(error.detail.contains("for no name at all"))
    }

    @Test("bytes that are no certificate, and every certificate with a byte changed, do no harm")
    func changedBytes() async throws {
        let root = try TestAuthority()
        let anchors = TrustAnchors([try root.bundle()])
        let leaf = try root.issue(Self.users).chain[0]
        var serializer = DER.Serializer()
        try serializer.serialize(leaf)
        let good = serializer.serializedBytes
        var accepted = 0
        for index in good.indices {
            var bytes = good
            bytes[index] ^= 0x55
            // Many are refused by BoringSSL before they would get here.
            guard let certificate = try? NIOSSLCertificate(bytes: bytes, format: .der) else { continue }
            let verifier = PeerVerifier(anchors: anchors, role: .server, expectation: .anyTrusted)
            if case .success = await verifier.verify([certificate]) { accepted += 1 }
        }
        #expect(accepted == 0)
    }

    @Test("what a stranger writes into a certificate cannot fill a log, nor write lines of its own")
    func hostileText() async throws {
        let hostile = "x\nERROR forged line \u{1B}[2J" + String(repeating: "y", count: 1000)
        let root = try TestAuthority()
        let anchors = TrustAnchors([try root.bundle(), try TrustBundle(.hostNames, roots: [root.certificate])])
        let stranger = try TestAuthority(hostile)
        let notAnAuthority = try TestAuthority(hostile, issuedBy: root) {
            $0[oid: .X509ExtensionID.basicConstraints] = try Certificate.Extension(
                BasicConstraints.notCertificateAuthority,
                critical: true
            )
        }
        let uri = GeneralName.uniformResourceIdentifier(hostile)
        let errors = [
            try await refusal(try stranger.issue(Self.users).chain, anchors: anchors),
            try await refusal(try notAnAuthority.issue(Self.users).chain, anchors: anchors),
            try await refusal(
                try root.issue(
                    Wish("") {
                        $0.names = [.dnsName("users")]
                        $0.commonName = hostile
                    }
                ).chain,
                anchors: anchors
            ),
            try await refusal(try root.issue(Wish("") { $0.names = [uri] }).chain, anchors: anchors),
            try await refusal(
                try root.issue(Wish("") { $0.names = Array(repeating: uri, count: 40) }).chain,
                anchors: anchors
            ),
            try await refusal(
                try root.issue(Wish("") { $0.names = [.dnsName(hostile)] }).chain,
                anchors: anchors,
                expecting: .hostName("users")
            ),
        ]
        for error in errors {
            #expect(error.description.utf8.count < 1000, "\(error.reason)")
            #expect(error.description.utf8.allSatisfy { $0 >= 0x20 }, "\(error.reason)")
        }
    }

    @Test("costs little")
    func cost() async throws {
        let root = try TestAuthority()
        let verifier = PeerVerifier(
            anchors: TrustAnchors([try root.bundle()]),
            role: .server,
            expectation: .spiffeID("spiffe://prod.example/users")
        )
        let shown = try root.issue(Self.users).chain.map { try NIOSSLCertificate($0) }
        let time = await ContinuousClock().measure {
            for _ in 0..<200 { _ = await verifier.verify(shown) }
        }
        print("measured: verification of a chain \(time / 200)")
    }

    private func verify(
        _ chain: [Certificate],
        anchors: TrustAnchors,
        expecting expectation: PeerExpectation = .spiffeID("spiffe://prod.example/users")
    ) async throws -> Result<PeerIdentity, PeerVerificationError> {
        let shown = try chain.map { try NIOSSLCertificate($0) }
        return await PeerVerifier(anchors: anchors, role: .server, expectation: expectation).verify(shown)
    }

    private func refusal(
        _ chain: [Certificate],
        anchors: TrustAnchors,
        expecting expectation: PeerExpectation = .spiffeID("spiffe://prod.example/users")
    ) async throws -> PeerVerificationError {
        switch try await verify(chain, anchors: anchors, expecting: expectation) {
        case .success(let peer):
            Issue.record("\(peer) was accepted")
            throw NoAnswer()
        case .failure(let error): return error
        }
    }
}
#endif

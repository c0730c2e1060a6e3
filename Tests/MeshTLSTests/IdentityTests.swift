#if TLS
import Crypto
import Foundation
import MeshCore
import MeshTesting
import NIOCertificateReloading
import NIOSSL
import SwiftASN1
import Synchronization
import TestSupport
import Testing
import X509

@testable import MeshTLS

@Suite("Identities and bundles", .takesTurns)
struct IdentityTests {
    @Test("from certificates and key, and from PEM text")
    func good() throws {
        let issued = try TestAuthority("middle", issuedBy: TestAuthority()).issue("spiffe://prod.example/users")
        let identity = try issued.identity
        #expect(identity.spiffeID == "spiffe://prod.example/users")
        #expect(identity.certificateChain.count == 2)
        #expect(try TLSIdentity(certificateChain: issued.chainPEM.utf8, privateKey: issued.keyPEM.utf8) == identity)
        let together = try issued.keyPEM + issued.chainPEM
        #expect(try TLSIdentity(certificateChain: together.utf8, privateKey: together.utf8) == identity)
        #expect(!"\(identity)".contains("PRIVATE"))
    }

    @Test("without a SPIFFE ID, for a host name")
    func hostName() throws {
        let issued = try TestAuthority().issue(Wish("") { $0.names = [.dnsName("users.prod")] })
        #expect(try issued.identity.spiffeID == nil)
    }

    @Test("a key that belongs to another certificate is refused")
    func mismatch() throws {
        let root = try TestAuthority()
        let (users, orders) = (
            try root.issue("spiffe://prod.example/users"), try root.issue("spiffe://prod.example/orders")
        )
        var error = #expect(throws: InvalidIdentityError.self) {
            try TLSIdentity(certificateChain: users.chain, privateKey: orders.key)
        }
        #expect(error?.reason.contains("does not belong") == true)
        error = #expect(throws: InvalidIdentityError.self) {
            try TLSIdentity(certificateChain: orders.chain + users.chain, privateKey: users.key)
        }
        #expect(error?.reason.contains("must come first") == true)
        error = #expect(throws: InvalidIdentityError.self) {
            try TLSIdentity(certificateChain: [], privateKey: users.key)
        }
        #expect(error?.reason == "there is no certificate")
    }

    @Test("two SPIFFE IDs, or one that is wrong, are refused")
    func badNames() throws {
        let root = try TestAuthority()
        let two = try root.issue(Wish("spiffe://a/b") { $0.names.append(.uniformResourceIdentifier("spiffe://a/c")) })
        #expect(throws: InvalidIdentityError.self) { try two.identity }
        #expect(throws: InvalidIdentityError.self) { try root.issue("spiffe://A/b").identity }
    }

    @Test("keys in every common form")
    func keyForms() throws {
        for key in [
            Certificate.PrivateKey(P256.Signing.PrivateKey()), Certificate.PrivateKey(P384.Signing.PrivateKey()),
            Certificate.PrivateKey(Curve25519.Signing.PrivateKey()),
        ] {
            let pem = try key.serializeAsPEM().pemString + "\n"
            #expect(try PEM.privateKey(in: pem.utf8).publicKey == key.publicKey)
        }
        #expect(throws: (any Error).self) { try PEM.privateKey(in: "".utf8) }
        let key = try Certificate.PrivateKey(P256.Signing.PrivateKey()).serializeAsPEM().pemString + "\n"
        #expect(throws: PEMError.self) { try PEM.privateKey(in: (key + key).utf8) }
        let encrypted = key.replacingOccurrences(of: "PRIVATE KEY", with: "ENCRYPTED PRIVATE KEY")
        #expect(throws: PEMError.self) { try PEM.privateKey(in: encrypted.utf8) }
    }

    @Test("PEM text that ends early is an error at every length, or a shorter chain between two certificates")
    func truncated() throws {
        let issued = try TestAuthority("middle", issuedBy: TestAuthority()).issue("spiffe://prod.example/users")
        let (chain, key) = (Array(try issued.chainPEM.utf8), Array(try issued.keyPEM.utf8))
        let whole = try issued.identity
        for length in 0..<chain.count - 1 {
            let identity = try? TLSIdentity(certificateChain: chain.prefix(length), privateKey: key)
            #expect(identity == nil || identity?.certificateChain == Array(whole.certificateChain.prefix(1)))
        }
        for length in 0..<key.count - 1 {
            #expect(throws: InvalidIdentityError.self) {
                try TLSIdentity(certificateChain: chain, privateKey: key.prefix(length))
            }
        }
    }

    @Test(
        "text that is no PEM",
        arguments: ["", "hello", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "\u{0}"]
    )
    func malformed(_ text: String) throws {
        let key = try Certificate.PrivateKey(P256.Signing.PrivateKey()).serializeAsPEM().pemString + "\n"
        #expect(throws: InvalidIdentityError.self) {
            try TLSIdentity(certificateChain: text.utf8, privateKey: key.utf8)
        }
        #expect(throws: InvalidBundleError.self) { try TrustBundle(.hostNames, pem: text.utf8) }
    }

    @Test("bundles")
    func bundles() throws {
        let (one, two) = (try TestAuthority("one"), try TestAuthority("two"))
        let pem = try [one, two].map { try $0.certificate.serializeAsPEM().pemString + "\n" }.joined()
        let bundle = try TrustBundle(.trustDomain("prod.example"), pem: pem.utf8)
        #expect(bundle.roots == [one.certificate, two.certificate])
        let leaf = try one.issue("spiffe://prod.example/users").chain[0]
        let error = #expect(throws: InvalidBundleError.self) {
            try TrustBundle(.trustDomain("prod.example"), roots: [one.certificate, leaf])
        }
        #expect(error?.reason.contains("not a certificate authority") == true)
        #expect(try TrustBundle(.hostNames, roots: [leaf]).roots == [leaf])
        #expect(throws: InvalidBundleError.self) { try TrustBundle(.hostNames, roots: []) }
    }

    private struct Reloader: CertificateReloader {
        var sslContextConfigurationOverride = NIOSSLContextConfigurationOverride()
    }

    /// A reloader that loads when it is told to.
    private final class LateReloader: CertificateReloader {
        private let override = Mutex(NIOSSLContextConfigurationOverride())

        var sslContextConfigurationOverride: NIOSSLContextConfigurationOverride { override.withLock { $0 } }

        func load(_ issued: Issued) throws {
            let chain = try issued.chain.map { NIOSSLCertificateSource.certificate(try NIOSSLCertificate($0)) }
            let key = try NIOSSLPrivateKey(bytes: Array(issued.keyPEM.utf8), format: .pem)
            override.withLock {
                $0.certificateChain = chain
                $0.privateKey = .privateKey(key)
            }
        }
    }

    @Test("a certificate reloader is followed, and given a few looks to load")
    func followedReloader() async throws {
        let root = try TestAuthority()
        let (time, reloader, deliveries) = (ManualClock(), LateReloader(), Deliveries<TLSIdentity>())
        let source = ReloaderIdentitySource(reloader, clock: time.clock, random: RandomSource(seed: 1))
        let task = Task { await source.run { deliveries.take($0) } }
        func look() async {
            await time.sleepers()
            time.advance(to: time.nextWakeUp!)
            await time.sleepers()
        }
        await look()
        #expect(deliveries.all.isEmpty)
        try reloader.load(root.issue("spiffe://prod.example/one"))
        await look()
        await look()
        #expect(deliveries.all.count == 1)
        #expect(try await deliveries.delivery(1).get().spiffeID == "spiffe://prod.example/one")
        try reloader.load(root.issue("spiffe://prod.example/two"))
        await look()
        #expect(try await deliveries.delivery(2).get().spiffeID == "spiffe://prod.example/two")
        task.cancel()
        await task.value
    }

    @Test("a certificate reloader that never loads is a failure")
    func silentReloader() async throws {
        let (time, deliveries) = (ManualClock(), Deliveries<TLSIdentity>())
        let source = ReloaderIdentitySource(LateReloader(), clock: time.clock, random: RandomSource(seed: 1))
        let task = Task { await source.run { deliveries.take($0) } }
        for _ in 0..<10 {
            await time.sleepers()
            time.advance(to: time.nextWakeUp!)
        }
        await time.sleepers()
        #expect(deliveries.all.count == 1)
        await #expect(throws: CredentialSourceError.self) { try await deliveries.delivery(1).get() }
        task.cancel()
        await task.value
    }

    @Test("from a certificate reloader")
    func reloader() throws {
        let root = try TestAuthority()
        let (users, orders) = (
            try root.issue("spiffe://prod.example/users"), try root.issue("spiffe://prod.example/orders")
        )
        var reloader = Reloader()
        #expect(throws: InvalidIdentityError.self) {
            try ReloaderIdentitySource.identity(reloader.sslContextConfigurationOverride).get()
        }
        reloader.sslContextConfigurationOverride.certificateChain = try users.chain.map {
            .certificate(try NIOSSLCertificate($0))
        }
        func key(_ issued: Issued) throws -> NIOSSLPrivateKeySource {
            .privateKey(try NIOSSLPrivateKey(bytes: Array(issued.keyPEM.utf8), format: .pem))
        }
        reloader.sslContextConfigurationOverride.privateKey = try key(orders)
        #expect(throws: InvalidIdentityError.self) {
            try ReloaderIdentitySource.identity(reloader.sslContextConfigurationOverride).get()
        }
        reloader.sslContextConfigurationOverride.privateKey = try key(users)
        #expect(
            try ReloaderIdentitySource.identity(reloader.sslContextConfigurationOverride).get().spiffeID
                == "spiffe://prod.example/users"
        )
    }
}
#endif

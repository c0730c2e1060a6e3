#if TLS
import MeshCore
import NIOCore
import NIOPosix
import NIOSSL
import TestSupport
import Testing

@testable import MeshTLS

@Suite("Rules of a handshake")
struct HandshakeRulesTests {
    @Test("a peer is someone only when it has proved that it has the key")
    func possession() async throws {
        let root = try TestAuthority()
        let issued = try root.issue("spiffe://prod.example/users")
        let shown = try issued.chain.map { try NIOSSLCertificate($0) }
        let anchors = TrustAnchors([try root.bundle()])
        let credentials = TLSCredentials(identity: nil, trust: [])
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        func verify(_ expectation: PeerExpectation) async throws -> NIOLoopBound<Verification> {
            try await loop.flatSubmit {
                let verification = Verification()
                let promise = loop.makePromise(of: NIOSSLVerificationResultWithMetadata.self)
                let verifier = PeerVerifier(anchors: anchors, role: .server, expectation: expectation)
                verification.run(verifier, on: shown, credentials, promise)
                let bound = NIOLoopBound(verification, eventLoop: loop)
                return promise.futureResult.map { _ in bound }
            }.get()
        }
        let good = try await verify(.anyTrusted)
        #expect(try await loop.submit { good.value.result == nil }.get())
        try await loop.submit { good.value.peerHasProvedPossession() }.get()
        #expect(try await loop.submit { try good.value.result?.get().spiffeID?.path == "/users" }.get())
        // A refusal needs no proof.
        let bad = try await verify(.spiffeID("spiffe://prod.example/orders"))
        let error = await #expect(throws: PeerVerificationError.self) {
            _ = try await loop.submit { try bad.value.result?.get() }.get()
        }
        #expect(error?.reason == .identityMismatch)
    }

    @Test(
        "the name that a server is asked for is the one that it has to prove",
        arguments: [
            ("users", .hostName("api.example.com"), "api.example.com"),
            ("10.0.0.1", .hostName("api.example.com"), "api.example.com"),
            (nil, .hostName("api.example.com"), "api.example.com"),
            ("Users.Prod", .trustDomain("prod.example"), "users.prod"),
            ("10.0.0.1", .anyTrusted, nil), (nil, .anyTrusted, nil), ("", .anyTrusted, nil),
        ] as [(String?, PeerExpectation, String?)]
    )
    func serverName(_ name: String?, _ expectation: PeerExpectation, sent: String?) {
        #expect(ClientTLS.sentName(name, expectation) == sent)
    }
}
#endif

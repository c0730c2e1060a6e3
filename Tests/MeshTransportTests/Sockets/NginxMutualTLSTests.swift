#if Transport
import HTTPTypes
import MeshCore
import MeshHTTP
import MeshTLS
import MeshTransport
import SwiftASN1
import TestSupport
import Testing
import X509

/// Mutual TLS with nginx and its `ssl_verify_client on`. It ends the handshake with every client and answers those that it does
/// not trust with 400.
@Suite(
    "nginx with mutual TLS",
    .serialized,
    .oneAtATime,
    .enabled(if: Nginx.program != nil, "needs nginx"),
    .timeLimit(.minutes(10))
)
struct NginxMutualTLSTests {
    private static let server = "spiffe://prod.example/users"
    private static let client = "spiffe://prod.example/orders"

    @Test("lets in whom it trusts", arguments: [NativeTransport.Configuration.Protocols.http1, .http2])
    func good(protocols: NativeTransport.Configuration.Protocols) async throws {
        let root = try TestAuthority()
        try await withNginx(root, as: root.issue(Self.client), protocols: protocols) { transport, endpoint in
            for _ in 0..<3 { try await expectEqual(transport.send(to: endpoint(Self.server)).text(), "SUCCESS") }
        }
    }

    enum Stranger: CaseIterable {
        case withoutCertificate, expired, ofAnotherAuthority

        func issue(_ root: TestAuthority) throws -> Issued? {
            switch self {
            case .withoutCertificate: nil
            case .expired: try root.issue(Wish(client) { ($0.validFrom, $0.validUntil) = (-7200, -3600) })
            case .ofAnotherAuthority: try TestAuthority("stranger").issue(client)
            }
        }
    }

    @Test("answers a stranger with 400", arguments: Stranger.allCases)
    func refused(stranger: Stranger) async throws {
        let root = try TestAuthority()
        try await withNginx(root, as: stranger.issue(root), protocols: .http1) { transport, endpoint in
            let response = try await transport.send(to: endpoint(Self.server))
            #expect(response.statusCode == 400)
            let text = try await response.text()
            #expect(text.contains("SSL certificate"), "\(text)")
        }
    }

    @Test("is refused where someone else is expected")
    func someoneElse() async throws {
        let root = try TestAuthority()
        try await withNginx(root, as: root.issue(Self.client), protocols: .http1) { transport, endpoint in
            let error = try await transportError {
                _ = try await transport.send(to: endpoint("spiffe://prod.example/payments"))
            }
            #expect((error.underlying as? PeerVerificationError)?.reason == .identityMismatch, "\(error)")
        }
    }

    private func withNginx(
        _ root: TestAuthority,
        as issued: Issued?,
        protocols: NativeTransport.Configuration.Protocols,
        _ body: (NativeTransport, (String) throws -> Endpoint) async throws -> Void
    ) async throws {
        let users = try root.issue(Self.server)
        let nginx = try await Nginx.start(
            files: [
                "svid.pem": Array(try users.chainPEM.utf8), "key.pem": Array(try users.keyPEM.utf8),
                "bundle.pem": Array((try root.certificate.serializeAsPEM().pemString + "\n").utf8),
            ],
            isTLS: true
        )
        let credentials = TLSCredentials(
            identity: try issued.map { .fixed(try $0.identity) },
            trust: [.fixed([try root.bundle()])]
        )
        credentials.start()
        try await credentials.ready()
        let transport = NativeTransport(
            .test {
                $0.tls = ClientTLS(credentials)
                $0.protocols = protocols
            }
        )
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(transport) { nginx.endpoint(.spiffeID($0)) })
        } catch {
            result = .failure(error)
        }
        await transport.shutdown()
        await credentials.shutdown()
        await nginx.stop()
        try result.get()
    }
}
#endif

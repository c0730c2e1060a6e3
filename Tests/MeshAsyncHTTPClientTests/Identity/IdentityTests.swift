#if AsyncHTTPClient
import AsyncHTTPClient
import MeshCore
import MeshTLS
import NIOCore
import NIOHTTP1
import NIOSSL
import TestSupport
import Testing
import X509

@testable import MeshAsyncHTTPClient

@Suite("Identities over AsyncHTTPClient", .takesTurns)
struct IdentityTests {
    enum Version: CaseIterable {
        case http1, http2

        var setting: HTTPClient.Configuration.HTTPVersion { self == .http1 ? .http1Only : .automatic }
        var protocolVersion: HTTPVersion { self == .http1 ? .http1_1 : .http2 }
    }

    static let request = HTTPClientRequest(url: "https://users/")

    @Test("an endpoint that proves to be who it should be is asked", arguments: Version.allCases)
    func accepted(version: Version) async throws {
        let root = try TestAuthority()
        let client = try await root.client()
        try await IdentityServer.with(root.issue(Client.users), trusting: [root]) { server in
            try await withTransport(client.configuration(version.setting)) { transport in
                for expected in [
                    .spiffeID(Client.users), .trustDomain("prod.example"), .spiffePattern("spiffe://prod.example/*"),
                ] as [ExpectedIdentity] {
                    let response = try await transport.send(Self.request, to: server.endpoint(expected))
                    #expect(response.head.version == version.protocolVersion)
                    let body = try await response.message.body.collect(upTo: 100)
                    #expect(body == ByteBuffer(string: "ok"))
                }
            }
            #expect(server.clients.count == 3)
            #expect(server.clients.allSatisfy { $0 != nil })
        }
    }

    @Test("an intermediate authority is accepted when the endpoint shows it")
    func intermediate() async throws {
        let root = try TestAuthority()
        let issuing = try TestAuthority("issuing", issuedBy: root)
        let client = try await root.client()
        try await IdentityServer.with(issuing.issue(Client.users), trusting: [root]) { server in
            try await withTransport(client.configuration(.http1Only)) { transport in
                try await transport.expectOK(Self.request, from: server.endpoint())
            }
        }
    }

    enum Impostor: CaseIterable {
        case otherWorkload, otherDomainOfSameRoot, otherDomain, unknownRoot, expired, forClientsOnly, noSPIFFEID

        static let other = "spiffe://prod.example/payments"
        static let stranger = "spiffe://other.example/users"

        /// What the server shows, given the root that vouches for `prod.example` and one that vouches for `other.example`.
        func issue(_ root: TestAuthority, _ otherRoot: TestAuthority) throws -> Issued {
            switch self {
            case .otherWorkload: try root.issue(Self.other)
            case .otherDomainOfSameRoot: try root.issue(Self.stranger)
            case .otherDomain: try otherRoot.issue(Self.stranger)
            // Trusted, but not for this domain: BoringSSL alone would not know.
            case .unknownRoot: try otherRoot.issue(Client.users)
            case .expired: try root.issue(Wish(Client.users) { ($0.validFrom, $0.validUntil) = (-7200, -3600) })
            case .forClientsOnly:
                try root.issue(Wish(Client.users) { $0.extendedKeyUsage = try? ExtendedKeyUsage([.clientAuth]) })
            case .noSPIFFEID: try root.issue(Wish(Client.users) { $0.names = [.dnsName("users")] })
            }
        }

        var reasons: Set<PeerVerificationError.Reason> {
            switch self {
            case .otherWorkload, .otherDomainOfSameRoot: [.identityMismatch]
            case .noSPIFFEID: [.noSPIFFEID]
            case .otherDomain, .unknownRoot, .expired, .forClientsOnly: [.unverifiedChain]
            }
        }
    }

    @Test(
        "an endpoint that is someone else gets no request, and its connection is closed",
        arguments: Version.allCases,
        Impostor.allCases
    )
    func refused(version: Version, impostor: Impostor) async throws {
        let (root, otherRoot) = (try TestAuthority("root"), try TestAuthority("other root"))
        let client = try await root.client(trusting: [root.bundle(), otherRoot.bundle("other.example")])
        try await IdentityServer.with(impostor.issue(root, otherRoot), trusting: [root]) { server in
            try await withTransport(client.configuration(version.setting)) { transport in
                for _ in 0..<5 {
                    let begin = ContinuousClock.now
                    let error = try await transportError {
                        _ = try await transport.send(Self.request, to: server.endpoint())
                    }
                    // The connect timeout is 30 s: what took so long was no wait for it.
                    #expect(ContinuousClock.now - begin < .seconds(5))
                    #expect(error.kind == .connectionFailed)
                    #expect(error.outcome == Outcome(.failure, retry: .neverSent))
                    let cause = try #require(error.underlying as? PeerVerificationError, "\(error)")
                    #expect(impostor.reasons.contains(cause.reason), "\(cause)")
                    #expect(cause.expected == Client.users)
                }
                try await eventually("the connections are closed") { server.open == 0 }
            }
            #expect(server.clients.isEmpty)
            #expect(server.accepted == 5)
        }
    }

    @Test("a domain without a bundle vouches for nobody")
    func noBundle() async throws {
        let root = try TestAuthority()
        let client = try await root.client(trusting: [root.bundle("other.example")])
        try await IdentityServer.with(root.issue(Client.users), trusting: [root]) { server in
            try await withTransport(client.configuration(.http1Only)) { transport in
                let error = try await transportError {
                    _ = try await transport.send(Self.request, to: server.endpoint())
                }
                #expect((error.underlying as? PeerVerificationError)?.reason == .unknownTrustDomain)
            }
        }
    }

    @Test("without an expected identity the one of the configuration counts, or else the host of the URL")
    func defaults() async throws {
        let root = try TestAuthority()
        let shown = try root.issue(Wish(Client.users) { $0.names.append(.dnsName("users")) })
        let hosts = try TrustBundle(.hostNames, roots: [root.certificate])
        let everybody = try await root.client(expecting: .trustDomain("other.example"))
        let byName = try await root.client(trusting: [hosts])
        try await IdentityServer.with(shown, trusting: [root]) { server in
            try await withTransport(everybody.configuration(.http1Only)) { transport in
                let error = try await transportError {
                    _ = try await transport.send(Self.request, to: server.endpoint(nil))
                }
                #expect(error.underlying is PeerVerificationError)
            }
            try await withTransport(byName.configuration(.http1Only)) { transport in
                try await transport.expectOK(Self.request, from: server.endpoint(nil))
                try await transport.expectOK(Self.request, from: server.endpoint(.dnsName("Users")))
                let error = try await transportError {
                    _ = try await transport.send(HTTPClientRequest(url: "https://orders/"), to: server.endpoint(nil))
                }
                #expect((error.underlying as? PeerVerificationError)?.reason == .identityMismatch)
            }
        }
    }

    @Test("whoever expects an identity sends nothing without https")
    func plaintext() async throws {
        let root = try TestAuthority()
        let server = try await RawServer.start()
        let client = try await root.client(expecting: .trustDomain("prod.example"))
        try await withTransport(client.configuration(.http1Only)) { transport in
            for endpoint in [server.endpoint(), server.endpoint(identity: .spiffeID(Client.users))] {
                let error = try await transportError {
                    _ = try await transport.send(HTTPClientRequest(url: "http://users/"), to: endpoint)
                }
                #expect(error.kind == .invalidRequest)
            }
        }
        #expect(server.accepted == 0)
        await server.stop()
    }

    @Test("a server that refuses our certificate has not seen the request")
    func refusedByPeer() async throws {
        let (root, otherRoot) = (try TestAuthority("root"), try TestAuthority("other root"))
        let client = try await root.client()
        try await IdentityServer.with(root.issue(Client.users), trusting: [otherRoot]) { server in
            try await withTransport(client.configuration(.http1Only)) { transport in
                let error = try await transportError {
                    _ = try await transport.send(Self.request, to: server.endpoint())
                }
                #expect(error.kind == .connectionFailed)
                #expect((error.underlying as? TLSError)?.code == .refusedByPeer, "\(error)")
                #expect(error.outcome == Outcome(.failure, retry: .neverSent))
            }
            #expect(server.clients.isEmpty)
        }
    }

    @Test("credentials that are not there yet, and a TLS configuration beside them, are refused")
    func configuration() async throws {
        let root = try TestAuthority()
        let endpoint = Endpoint(.host("users", port: 1), expectedIdentity: .spiffeID(Client.users))
        let silent = AsyncHTTPClientTransport.Configuration(
            tls: ClientTLS(TLSCredentials(identity: nil, trust: [.fixed([try root.bundle()])]))
        )
        try await withTransport(silent) { transport in
            let error = try await transportError { _ = try await transport.send(Self.request, to: endpoint) }
            #expect((error.underlying as? TLSError)?.code == .noTrust)
        }
        let client = try await root.client()
        try await withTransport(client.configuration(.http1Only)) { transport in
            var request = Self.request
            request.tlsConfiguration = .makeClientConfiguration()
            let error = try await transportError { _ = try await transport.send(request, to: endpoint) }
            #expect(error.kind == .invalidRequest)
            let malformed = Endpoint(.host("users", port: 1), expectedIdentity: .spiffeID("http://users"))
            let other = try await transportError { _ = try await transport.send(Self.request, to: malformed) }
            #expect((other.underlying as? TLSError)?.code == .invalidExpectation)
        }
    }
}
#endif

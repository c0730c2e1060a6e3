#if AsyncHTTPClient
import AsyncHTTPClient
import MeshCore
import MeshTLS
import TestSupport

@testable import MeshAsyncHTTPClient

/// A client's half of TLS whose identity and roots are changed by tests.
struct Client {
    static let users = "spiffe://prod.example/users"
    static let orders = "spiffe://prod.example/orders"

    let identity: Feed<TLSIdentity>
    let trust: Feed<[TrustBundle]>
    let tls: ClientTLS

    /// - Parameter issued: Our certificate.
    init(_ issued: Issued, trusting bundles: [TrustBundle], expecting expected: ExpectedIdentity? = nil) async throws {
        identity = Feed(try issued.identity)
        trust = Feed(bundles)
        let credentials = TLSCredentials(identity: identity, trust: [trust])
        credentials.start()
        try await credentials.ready()
        tls = ClientTLS(credentials, configuration: .init(expectedIdentity: expected))
    }

    func configuration(_ version: HTTPClient.Configuration.HTTPVersion) -> AsyncHTTPClientTransport.Configuration {
        var base = HTTPClient.Configuration()
        base.httpVersion = version
        var configuration = AsyncHTTPClientTransport.Configuration.test(base)
        configuration.tls = tls
        return configuration
    }
}

extension IdentityServer {
    func endpoint(_ identity: ExpectedIdentity? = .spiffeID(Client.users)) -> Endpoint {
        Endpoint(.ip(.v4(0x7F00_0001), port: port), expectedIdentity: identity)
    }
}

extension TestAuthority {
    func client(
        trusting bundles: [TrustBundle]? = nil,
        expecting expected: ExpectedIdentity? = nil
    ) async throws -> Client {
        try await Client(issue(Client.orders), trusting: bundles ?? [bundle()], expecting: expected)
    }
}
#endif

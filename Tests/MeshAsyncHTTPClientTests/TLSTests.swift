#if AsyncHTTPClient
import AsyncHTTPClient
import MeshCore
import NIOCore
import NIOSSL
import Synchronization
import TestSupport
import Testing

@testable import MeshAsyncHTTPClient

@Suite(.takesTurns) struct TLSTests {
    private final class Names: Sendable {
        let seen = Mutex<[String?]>([])
    }

    private static func server(for certificate: TestCertificate, _ names: Names) async throws -> RawServer {
        var configuration = certificate.server
        configuration.sslContextCallback = { values, promise in
            names.seen.withLock { $0.append(values.serverHostname) }
            promise.succeed(.noChanges)
        }
        return try await RawServer.start(tls: try NIOSSLContext(configuration: configuration))
    }

    private static func base(trusting certificate: TestCertificate) -> HTTPClient.Configuration {
        HTTPClient.Configuration(tlsConfiguration: certificate.client)
    }

    @Test("the logical host is the server name and the name on the certificate")
    func logicalName() async throws {
        let certificate = try TestCertificate(for: "users.mesh")
        let names = Names()
        let server = try await Self.server(for: certificate, names)
        try await withTransport(.test(Self.base(trusting: certificate))) { transport in
            let request = HTTPClientRequest(url: "https://Users.mesh/")
            for endpoint in [server.endpoint(), Endpoint(.host("localhost", port: server.port))] {
                try await transport.expectOK(request, from: endpoint)
            }
            #expect(names.seen.withLock { $0 } == ["users.mesh", "users.mesh"])
            #expect(server.requests.allSatisfy { $0.values(of: "Host") == ["users.mesh"] })
        }
        await server.stop()
    }

    @Test("a certificate for another name is refused before anything is sent")
    func wrongName() async throws {
        let certificate = try TestCertificate(for: "orders.mesh")
        let server = try await Self.server(for: certificate, Names())
        try await withTransport(.test(Self.base(trusting: certificate))) { transport in
            let error = try await transportError {
                _ = try await transport.send(HTTPClientRequest(url: "https://users.mesh/"), to: server.endpoint())
            }
            #expect(error.kind == .connectionFailed)
            #expect(error.outcome == Outcome(.failure, retry: .neverSent))
            #expect(server.requests.isEmpty)
        }
        await server.stop()
    }

    @Test("an endpoint that expects a DNS name must prove that one")
    func expectedName() async throws {
        let certificate = try TestCertificate(for: "orders.mesh")
        let names = Names()
        let server = try await Self.server(for: certificate, names)
        try await withTransport(.test(Self.base(trusting: certificate))) { transport in
            let request = HTTPClientRequest(url: "https://users.mesh/")
            let endpoint = server.endpoint(identity: .dnsName("orders.mesh"))
            try await transport.expectOK(request, from: endpoint)
            #expect(names.seen.withLock { $0 } == ["orders.mesh"])
            #expect(server.requests.first?.values(of: "Host") == ["users.mesh"])
        }
        await server.stop()
    }

    @Test("an endpoint that expects a DNS name is not asked where the user has verification switched off")
    func switchedOff() async throws {
        let certificate = try TestCertificate(for: "orders.mesh")
        let server = try await Self.server(for: certificate, Names())
        let endpoint = server.endpoint(identity: .dnsName("users.mesh"))
        for verification in [CertificateVerification.none, .noHostnameVerification] {
            var tls = certificate.client
            tls.certificateVerification = verification
            var request = HTTPClientRequest(url: "https://users.mesh/")
            try await withTransport(.test(HTTPClient.Configuration(tlsConfiguration: tls))) { transport in
                let error = try await transportError { _ = try await transport.send(request, to: endpoint) }
                #expect(error.kind == .invalidRequest, "\(error)")
            }
            request.tlsConfiguration = tls
            try await withTransport(.test(Self.base(trusting: certificate))) { [request] transport in
                let error = try await transportError { _ = try await transport.send(request, to: endpoint) }
                #expect(error.kind == .invalidRequest, "\(error)")
            }
        }
        #expect(server.requests.isEmpty)
        await server.stop()
    }

    @Test("a new TLS connection that breaks is told from one that had served")
    func keepAlive() async throws {
        let certificate = try TestCertificate(for: "users.mesh")
        var configuration = certificate.server
        configuration.minimumTLSVersion = .tlsv12
        let server = try await RawServer.start(tls: try NIOSSLContext(configuration: configuration)) {
            connection,
            request in
            connection == 1 && request == 1 ? [.send(RawServer.ok)] : [.close]
        }
        try await withTransport(.test(Self.base(trusting: certificate))) { transport in
            let request = HTTPClientRequest(url: "https://users.mesh/")
            try await transport.expectOK(request, from: server.endpoint())
            let reused = try await transportError { _ = try await transport.send(request, to: server.endpoint()) }
            #expect(reused.outcome == Outcome(.inconclusive, retry: .ifIdempotent))
            let new = try await transportError { _ = try await transport.send(request, to: server.endpoint()) }
            #expect(new.outcome == .failure)
        }
        await server.stop()
    }
}
#endif

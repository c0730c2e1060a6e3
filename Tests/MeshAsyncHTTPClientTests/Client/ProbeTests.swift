#if AsyncHTTPClient
import AsyncHTTPClient
import MeshCore
import MeshHTTP
import MeshLoadBalancing
import NIOCore
import NIOSSL
import ServiceMesh
import TestSupport
import Testing

@testable import MeshAsyncHTTPClient

/// Prequal through ``MeshHTTPClient``: probes go the way of the calls.
@Suite(.takesTurns) struct ProbeTests {
    /// Patient, because a test machine may have better things to do than to answer within 3 ms; and without removal, so that
    /// the answers of both stay.
    private static let policy = LoadBalancingPolicy.prequal(Prequal(removalRate: 0, probeTimeout: .seconds(30)))

    /// Answers everything, probes and calls, with a load.
    private func server(_ milliseconds: Int, tls: NIOSSLContext? = nil) async throws -> RawServer {
        let head = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"
        return try await RawServer.start(tls: tls) { _, _ in
            [.send(head + "prequal-probe: rif=1, latency=\(milliseconds * 1_000)\r\n\r\nok")]
        }
    }

    private func probes(_ server: RawServer) -> [RawServer.Request] {
        server.requests.filter { $0.head.hasPrefix("GET \(ProbeHeader.defaultPath) HTTP/1.1\r\n") }
    }

    @Test("probes are sent to the endpoints and their answers decide")
    func probes() async throws {
        let slow = try await server(90)
        let fast = try await server(1)
        try await withMesh(UsersMesh(at: [slow.address, fast.address], policy: Self.policy)) { users in
            try await users.expect("ok")
            try await eventually("nobody is probed") { !probes(slow).isEmpty && !probes(fast).isEmpty }
            #expect(probes(fast).first?.values(of: "Host") == ["users"])
            for _ in 0..<50 { try await users.expect("ok") }
            let counts = [slow, fast].map { $0.requests.count - probes($0).count }
            #expect(counts[1] > counts[0], "\(counts)")
        }
        await slow.stop()
        await fast.stop()
    }

    @Test("a service that is called with https is probed with https")
    func https() async throws {
        let certificate = try TestCertificate(for: "users")
        let context = try NIOSSLContext(configuration: certificate.server)
        let servers = [try await server(1, tls: context), try await server(1, tls: context)]
        var base = HTTPClient.Configuration()
        base.tlsConfiguration = certificate.client
        let mesh = try UsersMesh(at: servers.map(\.address), transport: .test(base), policy: Self.policy)
        try await withMesh(mesh) { users in
            try await users.expect("ok", from: "https://users/")
            try await eventually("nobody is probed") { servers.allSatisfy { !probes($0).isEmpty } }
        }
        for server in servers { await server.stop() }
    }

    @Test("other policies send no probes")
    func others() async throws {
        let servers = [try await server(1), try await server(1)]
        try await withMesh(UsersMesh(at: servers.map(\.address))) { users in
            for _ in 0..<20 { try await users.expect("ok") }
            #expect(servers.allSatisfy { probes($0).isEmpty })
        }
        for server in servers { await server.stop() }
    }
}
#endif

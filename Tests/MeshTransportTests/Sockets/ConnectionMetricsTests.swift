#if Transport && Telemetry
import MeshCore
import MeshHTTP
import MeshTelemetry
import MeshTransport
import ServiceMesh
import TestSupport
import Testing

/// What a mesh over the native transport tells about its connections.
@Suite("Connection metrics", .serialized, .oneAtATime, .timeLimit(.minutes(10))) struct ConnectionMetricsTests {
    @Test("connections that open, fail and close are counted, and none is active in the end")
    func counted() async throws {
        let server = try await ScriptedServer.start()
        let gone = try await ScriptedServer.start()
        let closed = gone.endpoint()
        await gone.stop()
        let probe = MetricsProbe(service: "users")
        let services: [ServiceName: ServiceConfiguration] = [
            "users": ServiceConfiguration(target: try Target("static:///127.0.0.1:\(server.port)")),
            "gone": ServiceConfiguration(target: try Target("static:///\(closed.address)")),
        ]
        let mesh = Mesh(
            MeshConfiguration(services: services),
            environment: MeshEnvironment(metrics: MetricsBackend(probe.backend))
        )
        let users = try mesh.http("users", transport: .test { $0.maximumConnectionsPerEndpoint = 1 })
        for _ in 0..<3 { _ = try await users.get("/", timeout: .seconds(20)).body.collect(upTo: 100) }
        #expect(probe.counter("mesh.cluster.upstream_cx_total") == 1)
        #expect(try probe.meter("mesh.cluster.upstream_cx_active") == 1)

        let nobody = try mesh.http("gone", transport: .test())
        await #expect(throws: MeshError.self) { _ = try await nobody.get("/", timeout: .seconds(20)) }
        #expect(probe.counter("mesh.cluster.upstream_cx_connect_fail") >= 1)

        await mesh.shutdown()
        try await eventually("the connection is closed") { (try? probe.meter("mesh.cluster.upstream_cx_active")) == 0 }
        #expect(probe.counter("mesh.cluster.upstream_cx_total") == 1)
        #expect(probe.closed(.shutDown) == 1)
        await server.stop()
    }
}
#endif

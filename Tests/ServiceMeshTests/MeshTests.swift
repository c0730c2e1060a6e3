import MeshAdmission
import MeshCircuitBreaking
import MeshCore
import MeshDiscovery
import MeshHTTP
import MeshLoadBalancing
import MeshRetries
import MeshTesting
import TestSupport
import Testing

@testable import ServiceMesh

@Suite("A mesh", .takesTurns)
struct MeshTests {
    private static func mesh(_ targets: [ServiceName: String]) throws -> Mesh {
        Mesh(MeshConfiguration(services: try targets.mapValues { ServiceConfiguration(target: try Target($0)) }))
    }

    private static func client(_ mesh: Mesh, _ service: ServiceName) throws {
        _ = try mesh.client(
            for: service,
            over: InProcessTransport<Ask, String>(),
            classifier: PlainClassifier<Ask, String>()
        )
    }

    @Test func `an unknown service is an error that lists those that are known`() async throws {
        let mesh = try Self.mesh(["users": "static:///10.0.0.1:80", "carts": "static:///10.0.0.2:80"])
        let error = #expect(throws: UnknownServiceError.self) { try Self.client(mesh, "orders") }
        #expect(error?.description == #"the mesh has no service "orders"; configured: carts, users"#)
        await mesh.shutdown()
    }

    @Test(arguments: ["nowhere:///users", "static:///", "static:///not an address", "static:///10.0.0.1:99999"])
    func `a target of no use is an error when its client is made, every time`(target: String) async throws {
        guard let parsed = try? Target(target) else { return }
        let mesh = Mesh(MeshConfiguration(services: ["users": ServiceConfiguration(target: parsed)]))
        for _ in 0..<2 {
            #expect(throws: InvalidTargetError.self) { try Self.client(mesh, "users") }
        }
        #expect(mesh.endpoints(of: "users") == nil)
        await mesh.shutdown()
    }

    @Test func `an unknown scheme is an error that lists those that are known`() async throws {
        let mesh = try Self.mesh(["users": "nowhere:///users"])
        let error = #expect(throws: InvalidTargetError.self) { try Self.client(mesh, "users") }
        #expect(error?.reason.contains("file, static") == true, "\(String(describing: error))")
        await mesh.shutdown()
    }

    @Test func `two meshes have nothing in common`() async throws {
        let (first, second) = (try House(), try House())
        for endpoint in first.endpoints { first.transport.set(.refused, at: endpoint) }
        for _ in 0..<20 { _ = try? await first.skippingPauses { try await first.call() } }
        for _ in 0..<20 { try await second.call() }
        #expect(second.mesh.endpoints(of: House.service)?.allSatisfy { $0.availability == .available } == true)
        await first.mesh.shutdown()
        try await second.call()
        await first.expectNothingLeft()
        await second.expectNothingLeft()
    }

    @Test func `a mesh that is dropped without a shutdown leaves nothing running`() async throws {
        let time = ManualClock()
        let resolver = ScriptedResolver()
        weak var dropped: Mesh?
        weak var droppedRuntime: ServiceRuntime?
        do {
            let transport = InProcessTransport<Ask, String>(clock: time.clock)
            let endpoint = transport.serve(at: "10.0.0.1:80") { _, _ in "hello" }
            resolver.yield([endpoint])
            var registry = ResolverRegistry()
            registry.register("scripted") { _, _ in resolver }
            let configuration = ServiceConfiguration(target: try Target("scripted:///users"))
            let mesh = Mesh(
                MeshConfiguration(services: ["users": configuration]),
                environment: MeshEnvironment(clock: time.clock, resolvers: registry)
            )
            let client = try mesh.client(for: "users", over: transport, classifier: PlainClassifier<Ask, String>())
            #expect(try await client.call(Ask()) == "hello")
            dropped = mesh
            droppedRuntime = client.runtime
        }
        // The cancelled task of discovery, and the one that waits for deadlines, go when they are scheduled.
        while resolver.activeIterations > 0 || time.sleeperCount > 0 { await Task.yield() }
        #expect(dropped == nil)
        #expect(droppedRuntime == nil)
    }

    @Test func `a client goes on when its mesh is dropped`() async throws {
        let transport = InProcessTransport<Ask, String>()
        transport.serve(at: "10.0.0.1:80") { _, _ in "hello" }
        let client = try Self.mesh(["users": "static:///10.0.0.1:80"])
            .client(for: "users", over: transport, classifier: PlainClassifier<Ask, String>())
        for _ in 0..<3 { #expect(try await client.call(Ask()) == "hello") }
    }
}

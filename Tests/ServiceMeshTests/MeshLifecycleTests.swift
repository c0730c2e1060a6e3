#if Lifecycle
import MeshAdmission
import MeshCircuitBreaking
import MeshCore
import MeshDiscovery
import MeshHTTP
import MeshLoadBalancing
import MeshRetries
import MeshTesting
import ServiceLifecycle
import ServiceLifecycleTestKit
import TestSupport
import Testing

@testable import ServiceMesh

@Suite("A mesh in a service group", .takesTurns)
struct MeshLifecycleTests {
    @Test func `a graceful shutdown drains`() async throws {
        let house = try House()
        let doors = Doors()
        for endpoint in house.endpoints {
            house.transport.serve(endpoint) { _, _ in
                await doors.pass()
                return "done"
            }
        }
        try await testGracefulShutdown { trigger in
            async let run: Void = house.mesh.run()
            let call = Task { try await house.call() }
            await house.inFlight(1)
            trigger.triggerGracefulShutdown()
            await house.time.sleepers(atLeast: 2)
            #expect(!house.transport.isShutDown)
            doors.open()
            #expect(try await call.value == "done")
            try await house.skippingPauses { await house.mesh.shutdown() }
            try await run
        }
        await house.expectNothingLeft()
    }

    @Test func `a cancelled run shuts down`() async throws {
        let house = try House()
        try await house.call()
        let run = Task { try await house.mesh.run() }
        run.cancel()
        try await run.value
        #expect(house.transport.isShutDown)
        await house.expectNothingLeft()
    }

    @Test func `a group stops the mesh after the servers that come behind it`() async throws {
        let house = try House()
        let group = ServiceGroup(services: [house.mesh, Server(house: house)])
        let run = Task { try await group.run() }
        await house.until { house.transport.callCount(at: house.endpoints[0]) > 0 }
        await group.triggerGracefulShutdown()
        try await run.value
        #expect(house.transport.isShutDown)
        await house.expectNothingLeft()
    }

    /// Calls the mesh on its way in, and on its way out.
    private struct Server: ServiceLifecycle.Service {
        let house: House

        func run() async throws {
            for _ in 0..<3 { try await house.call() }
            try await gracefulShutdown()
            for _ in 0..<20 { await Task.yield() }
            try await house.call()
            #expect(!house.transport.isShutDown)
        }
    }
}
#endif

import MeshAdmission
import MeshCircuitBreaking
import MeshCore
import MeshDiscovery
import MeshHTTP
import MeshLoadBalancing
import MeshRetries
import MeshTelemetry
import MeshTesting
import TestSupport
import Testing

@testable import ServiceMesh

@Suite("Shutting down", .takesTurns)
struct ShutdownTests {
    @Test func `calls under way finish, and new ones are turned away`() async throws {
        let house = try House()
        let doors = Doors()
        for endpoint in house.endpoints {
            house.transport.serve(endpoint) { _, _ in
                await doors.pass()
                return "done"
            }
        }
        let call = Task { try await house.call() }
        await house.inFlight(1)
        let shutdown = Task { await house.mesh.shutdown() }
        // The deadlines and the round of the draining mesh.
        await house.time.sleepers(atLeast: 2)
        #expect(house.mesh.inFlight == 1)
        #expect(try await house.failure().code == .shutDown)
        #expect(throws: MeshShutDownError.self) {
            try house.mesh.client(for: House.service, over: house.transport, classifier: PlainClassifier<Ask, String>())
        }
        #expect(!house.transport.isShutDown)
        doors.open()
        #expect(try await call.value == "done")
        try await house.skippingPauses { await shutdown.value }
        await house.expectNothingLeft()
    }

    @Test func `a call between two attempts gets its next one`() async throws {
        let house = try House { $0.retries.backoff = Backoff(base: .seconds(4), maximum: .seconds(4), jitter: .equal) }
        for endpoint in house.endpoints { house.transport.script([.reset], at: endpoint) }
        house.transport.script([.none], at: house.endpoints[2])
        let call = Task { try await house.call() }
        await house.until { house.time.nextWakeUp.map { $0 < house.time.now.advanced(by: .seconds(5)) } == true }
        let shutdown = Task { await house.mesh.shutdown() }
        for endpoint in house.endpoints { house.transport.set(.none, at: endpoint) }
        await house.time.sleepers(atLeast: 3)
        let ticker = Task {
            while !Task.isCancelled {
                house.time.advance(by: .milliseconds(5))
                await Task.yield()
            }
        }
        _ = await call.result
        await shutdown.value
        ticker.cancel()
        #expect(house.endpoints.reduce(0) { $0 + house.transport.callCount(at: $1) } >= 2)
        await house.expectNothingLeft()
    }

    @Test(arguments: [Duration?.some(.seconds(600)), nil])
    func `a call that outlasts the drain timeout is stopped, deadline or not`(timeout: Duration?) async throws {
        let house = try House(drainTimeout: .seconds(1)) { $0.deadline.timeout = timeout }
        for endpoint in house.endpoints { house.transport.set(.hang, at: endpoint) }
        let call = Task { try await house.failure() }
        await house.inFlight(1)
        let shutdown = Task { await house.mesh.shutdown() }
        try await house.skippingPauses {
            await shutdown.value
            let error = try await call.value
            #expect(error.code == .shutDown)
            #expect(error.attempts.count == 1)
        }
        await house.expectNothingLeft()
    }

    @Test func `a pause that outlasts the drain timeout is over`() async throws {
        let house = try House(drainTimeout: .seconds(1)) {
            $0.retries.backoff = Backoff(base: .seconds(60), maximum: .seconds(60), jitter: .equal)
            $0.deadline.timeout = nil
        }
        for endpoint in house.endpoints { house.transport.set(.reset, at: endpoint) }
        let call = Task { try await house.failure() }
        await house.until { house.time.nextWakeUp.map { $0 < house.time.now.advanced(by: .seconds(61)) } == true }
        let shutdown = Task { await house.mesh.shutdown() }
        try await house.skippingPauses {
            await shutdown.value
            let error = try await call.value
            #expect(error.code == .shutDown)
            #expect(error.attempts.count == 1)
        }
        await house.expectNothingLeft()
    }

    @Test func `no time to drain means none`() async throws {
        let house = try House(drainTimeout: .zero)
        for endpoint in house.endpoints { house.transport.set(.hang, at: endpoint) }
        let call = Task { try await house.failure() }
        await house.inFlight(1)
        let now = house.time.now
        await house.mesh.shutdown()
        #expect(try await call.value.code == .shutDown)
        #expect(house.time.now == now)
        await house.expectNothingLeft()
    }

    @Test func `it may be asked for many times at once, and again, and by someone who is cancelled`() async throws {
        let house = try House()
        try await house.call()
        await withTaskGroup { group in
            for _ in 0..<10 { group.addTask { await house.mesh.shutdown() } }
            group.cancelAll()
        }
        #expect(house.transport.isShutDown)
        await house.mesh.shutdown()
        await house.expectNothingLeft()
    }

    @Test func `it ends the recording of events, and none of those before it is lost`() async throws {
        let house = try House()
        let events = RecordedEvents(of: house.mesh)
        try await house.call()
        house.resolver.yield([house.endpoints[0]])
        await house.until { house.mesh.endpoints(of: House.service)?.count == 1 }
        await house.mesh.shutdown()
        #expect(await events.first { $0 == .retryBudgetExhausted(House.service) } == nil)
        #expect(events.all.last == .endpointSetUpdated(House.service, added: 0, removed: 2, total: 1))
    }

    @Test func `a mesh that nobody called shuts down at once`() async {
        await Mesh(MeshConfiguration()).shutdown()
    }
}

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

@Suite("A caller that goes away", .takesTurns)
struct CancellationTests {
    @Test func `before it calls`() async throws {
        for resolver in [nil, ScriptedResolver()] {
            let house = try House(resolver: resolver)
            let call = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await house.call()
            }
            // A handler that does not look at its task may still answer.
            if resolver != nil { await #expect(throws: CancellationError.self) { try await call.value } }
            _ = await call.result
            await house.expectNothingLeft()
        }
    }

    @Test func `while it waits for the first answer of discovery`() async throws {
        let house = try House(resolver: ScriptedResolver())
        let call = Task { try await house.call() }
        await house.until { house.mesh.armedCount == 1 }
        call.cancel()
        await #expect(throws: CancellationError.self) { try await call.value }
        await house.expectNothingLeft()
    }

    @Test func `while an attempt is under way`() async throws {
        let house = try House()
        for endpoint in house.endpoints { house.transport.set(.hang, at: endpoint) }
        let call = Task { try await house.call() }
        await house.inFlight(1)
        #expect(house.mesh.inFlight == 1)
        call.cancel()
        await #expect(throws: CancellationError.self) { try await call.value }
        #expect(house.endpoints.reduce(0) { $0 + house.transport.callCount(at: $1) } == 1, "no retry")
        await house.expectNothingLeft()
    }

    @Test func `while an attempt with a timeout of its own is under way`() async throws {
        let house = try House { $0.retries.perAttemptTimeout = .seconds(1) }
        for endpoint in house.endpoints { house.transport.set(.hang, at: endpoint) }
        let call = Task { try await house.call() }
        await house.inFlight(1)
        call.cancel()
        await #expect(throws: CancellationError.self) { try await call.value }
        await house.expectNothingLeft()
    }

    @Test func `between two attempts`() async throws {
        let house = try House { $0.retries.backoff = Backoff(base: .seconds(5), maximum: .seconds(5), jitter: .equal) }
        for endpoint in house.endpoints { house.transport.set(.reset, at: endpoint) }
        let call = Task { try await house.call() }
        await house.until { house.time.nextWakeUp.map { $0 < house.time.now.advanced(by: .seconds(6)) } == true }
        #expect(house.mesh.inFlight == 0)
        #expect(!house.mesh.isIdle)
        call.cancel()
        await #expect(throws: CancellationError.self) { try await call.value }
        #expect(house.endpoints.reduce(0) { $0 + house.transport.callCount(at: $1) } == 1)
        await house.expectNothingLeft()
    }

    @Test func `and a hundred of them at any time`() async throws {
        let house = try House()
        for endpoint in house.endpoints { house.transport.set(.delayed(.milliseconds(5)), at: endpoint) }
        house.transport.set(.reset, at: house.endpoints[1])
        try await house.skippingPauses {
            await withTaskGroup { group in
                for number in 0..<100 {
                    group.addTask {
                        let call = Task { try await house.call() }
                        for _ in 0..<number { await Task.yield() }
                        call.cancel()
                        _ = await call.result
                    }
                }
            }
        }
        await house.expectNothingLeft()
    }
}

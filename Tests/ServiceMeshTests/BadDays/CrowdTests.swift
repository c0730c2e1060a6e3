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

@Suite("Many calls at once", .takesTurns)
struct CrowdTests {
    @Test func `ten thousand calls at once are all answered`() async throws {
        let house = try House(endpoints: 10) { $0.loadBalancing = .peakEWMA }
        let arrived = Counter()
        let doors = Doors()
        for endpoint in house.endpoints {
            house.transport.serve(endpoint) { request, _ in
                arrived.add(1)
                await doors.pass()
                return request.text
            }
        }
        let answered = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<10_000 {
                group.addTask { try await house.call("\(number)") == "\(number)" }
            }
            await house.until { arrived.value == 10_000 }
            #expect(house.mesh.inFlight == 10_000)
            #expect(house.mesh.armedCount == 10_000)
            doors.open()
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(answered == 10_000)
        await house.expectNothingLeft()
    }

    @Test func `ten thousand calls that wait for discovery all go ahead, or all stop`() async throws {
        for answers in [true, false] {
            let house = try House(resolver: ScriptedResolver())
            let calls = (0..<10_000).map { _ in Task { try await house.call() } }
            await house.until { house.mesh.armedCount == 10_000 }
            if answers {
                house.resolver.yield(EndpointSet(house.endpoints))
                for call in calls { _ = try await call.value }
            } else {
                let shutdown = Task { await house.mesh.shutdown() }
                var turnedAway = 0
                for call in calls {
                    if case .failure(let error as MeshError) = await call.result, error.code == .shutDown {
                        turnedAway += 1
                    }
                }
                #expect(turnedAway == 10_000)
                try await house.skippingPauses { await shutdown.value }
            }
            await house.expectNothingLeft()
        }
    }

    @Test func `ten thousand calls at slow endpoints are all answered, and so are those that time out`() async throws {
        for timesOut in [false, true] {
            let house = try House(endpoints: 10) { $0.deadline.timeout = .seconds(timesOut ? 1 : 60) }
            for endpoint in house.endpoints { house.transport.set(.delayed(.seconds(5)), at: endpoint) }
            let calls = (0..<10_000).map { _ in Task { try await house.call() } }
            await house.time.sleepers(atLeast: 10_001)
            house.time.advance(by: .seconds(timesOut ? 2 : 6))
            var answered = 0
            for call in calls {
                if case .success = await call.result { answered += 1 }
            }
            #expect(answered == (timesOut ? 0 : 10_000))
            await house.expectNothingLeft()
        }
    }

    @Test(arguments: [UInt64(1), 2, 3])
    func `endpoints that flap under load lose no call and are retired when they left`(
        seed: UInt64
    ) async throws {
        let house = try House(endpoints: 20) {
            $0.loadBalancing = .peakEWMA
            $0.deadline.timeout = .seconds(3600)
        }
        for endpoint in house.endpoints {
            house.transport.serve(endpoint) { _, _ in
                for _ in 0..<3 { await Task.yield() }
                return endpoint.text
            }
        }
        let events = RecordedEvents(of: house.mesh)
        let isOver = Counter()
        let callers = (0..<32).map { _ in
            Task {
                while isOver.value == 0 { try await house.call() }
            }
        }
        var random = SplitMix64(seed: seed)
        for _ in 0..<300 {
            let kept = house.endpoints.shuffled(using: &random).prefix(Int.random(in: 1...20, using: &random))
            house.resolver.yield(EndpointSet(kept))
            for _ in 0..<5 { await Task.yield() }
        }
        house.resolver.yield([house.endpoints[0]])
        await house.until { house.mesh.endpoints(of: House.service)?.count == 1 }
        isOver.add(1)
        for caller in callers { try await caller.value }
        house.resolver.fail("marks the end of the events")
        _ = await events.first { if case .resolutionFailed = $0 { true } else { false } }
        let removed = events.all.reduce(0) {
            if case .endpointSetUpdated(_, _, let removed, _) = $1 { $0 + removed } else { $0 }
        }
        // Not those that were back before their last call had ended.
        let retired = house.endpoints.reduce(0) { $0 + house.transport.retirementCount(of: $1) }
        #expect(retired <= removed && retired > removed * 9 / 10)
        #expect(house.endpoints.dropFirst().allSatisfy { house.transport.retirementCount(of: $0) > 0 })
        await house.expectNothingLeft()
    }

    @Test func `an endpoint that left is retired when its last call is over, not before`() async throws {
        let house = try House(endpoints: 2)
        let doors = Doors()
        let leaving = house.endpoints[0]
        house.transport.serve(leaving) { _, _ in
            await doors.pass()
            return "late"
        }
        let calls = (0..<4).map { _ in Task { try await house.call() } }
        await house.inFlight(2)
        house.resolver.yield([house.endpoints[1]])
        await house.until { house.mesh.endpoints(of: House.service)?.count == 1 }
        #expect(house.transport.retirementCount(of: leaving) == 0)
        #expect(!house.mesh.isIdle)
        doors.open()
        for call in calls { _ = try await call.value }
        #expect(house.transport.retirementCount(of: leaving) == 1)
        await house.expectNothingLeft()
    }
}

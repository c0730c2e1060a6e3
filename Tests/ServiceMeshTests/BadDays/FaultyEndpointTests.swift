import MeshAdmission
import MeshCircuitBreaking
import MeshCore
import MeshDiscovery
import MeshHTTP
import MeshLoadBalancing
import MeshRetries
import MeshTelemetry
import MeshTesting
import Synchronization
import TestSupport
import Testing

@testable import ServiceMesh

@Suite("Bad days of endpoints", .takesTurns)
struct FaultyEndpointTests {
    @Test func `a refused connection fails over without a pause`() async throws {
        let house = try House(endpoints: 2)
        house.transport.kill(house.endpoints[0])
        let start = house.time.now
        for _ in 0..<10 { #expect(try await house.call() == house.endpoints[1].text) }
        #expect(house.time.now == start)
        #expect(house.transport.callCount(at: house.endpoints[0]) > 0)
        #expect(house.resolver.refreshCount == 1, "discovery is asked again, but not for every call")
        await house.expectNothingLeft()
    }

    @Test func `a reset connection is tried again elsewhere`() async throws {
        let house = try House(endpoints: 2)
        house.transport.script([.reset, .reset], at: house.endpoints[0])
        try await house.skippingPauses {
            for _ in 0..<6 { try await house.call() }
        }
        #expect(house.endpoints.reduce(0) { $0 + house.transport.callCount(at: $1) } == 8)
        await house.expectNothingLeft()
    }

    @Test func `an attempt that hangs times out, and another endpoint answers`() async throws {
        let house = try House(endpoints: 2) { $0.retries.perAttemptTimeout = .milliseconds(100) }
        house.transport.set(.hang, at: house.endpoints[0])
        house.transport.set(.none, at: house.endpoints[1])
        let answers = try await house.skippingPauses {
            var answers: [String] = []
            for _ in 0..<4 { answers.append(try await house.call()) }
            return answers
        }
        #expect(answers == Array(repeating: house.endpoints[1].text, count: 4))
        #expect(house.transport.callCount(at: house.endpoints[0]) > 0)
        await house.expectNothingLeft()
    }

    @Test func `a call to endpoints that never answer ends at its deadline`() async throws {
        let house = try House()
        for endpoint in house.endpoints { house.transport.set(.hang, at: endpoint) }
        let call = Task { try await house.failure(timeout: .seconds(1)) }
        await house.inFlight(1)
        await house.time.sleepers(atLeast: 2)
        house.time.advance(by: .seconds(2))
        let error = try await call.value
        #expect(error.code == .deadlineExceeded)
        #expect(error.attempts.count == 1)
        #expect(error.attempts.first?.address != nil)
        await house.expectNothingLeft()
    }

    @Test func `when every attempt fails the error tells of each`() async throws {
        let house = try House()
        for endpoint in house.endpoints { house.transport.set(.reset, at: endpoint) }
        let error = try await house.skippingPauses { try await house.failure() }
        #expect(error.code == .attemptsFailed)
        #expect(error.attempts.count == 3)
        #expect(Set(error.attempts.compactMap(\.address)).count == 3, "each attempt at another endpoint")
        await house.expectNothingLeft()
    }

    @Test func `the only endpoint is never ejected into uselessness`() async throws {
        let house = try House(endpoints: 1) { $0.retries = .none }
        let events = RecordedEvents(of: house.mesh)
        house.transport.set(.reset, at: house.endpoints[0])
        for _ in 0..<50 { #expect(try await house.failure().code == .attemptsFailed) }
        #expect(house.transport.callCount(at: house.endpoints[0]) == 50)
        #expect(await events.first { if case .ejectionSuppressed = $0 { true } else { false } } != nil)
        house.transport.set(.none, at: house.endpoints[0])
        #expect(try await house.call() == house.endpoints[0].text)
        #expect(events.count { if case .endpointEjected = $0 { true } else { false } } == 0)
        await house.expectNothingLeft()
    }

    @Test func `a failing endpoint is ejected and comes back, with an event for each`() async throws {
        let house = try House { $0.retries = .none }
        let events = RecordedEvents(of: house.mesh)
        let bad = house.endpoints[0]
        house.transport.set(.reset, at: bad)
        for _ in 0..<30 { _ = try? await house.call() }
        let ejected = await events.first { if case .endpointEjected = $0 { true } else { false } }
        guard case .endpointEjected(House.service, bad.address, _, let duration)? = ejected else {
            Issue.record("\(String(describing: ejected))")
            return
        }
        let before = house.transport.callCount(at: bad)
        #expect(before == 5, "consecutive failures until it was ejected")
        for _ in 0..<30 { try await house.call() }
        #expect(house.transport.callCount(at: bad) == before)

        house.transport.set(.none, at: bad)
        house.time.advance(by: duration + .seconds(1))
        for _ in 0..<30 { try await house.call() }
        #expect(await events.first { $0 == .endpointReadmitted(House.service, bad.address) } != nil)
        #expect(house.transport.callCount(at: bad) > before)
        #expect(events.count { if case .endpointEjected = $0 { true } else { false } } == 1)
        #expect(events.count { if case .endpointReadmitted = $0 { true } else { false } } == 1)
        await house.expectNothingLeft()
    }

    @Test func `with every endpoint ejected and no panic, calls fail fast and recover by a probe`() async throws {
        let house = try House {
            $0.retries = .none
            $0.circuitBreaking.maximumEjected = .one
            $0.routing.panicThreshold = .zero
        }
        for endpoint in house.endpoints { house.transport.set(.reset, at: endpoint) }
        for _ in 0..<20 { _ = try? await house.call() }
        let error = try await house.failure()
        #expect(error.code == .unavailable)
        #expect(error.detail.contains("3 are ejected"), "\(error)")
        let before = house.endpoints.map { house.transport.callCount(at: $0) }
        #expect(before == [5, 5, 5])

        for endpoint in house.endpoints { house.transport.set(.none, at: endpoint) }
        house.time.advance(by: .seconds(600))
        for _ in 0..<9 { try await house.call() }
        #expect(house.mesh.endpoints(of: House.service)?.allSatisfy { $0.availability == .available } == true)
        await house.expectNothingLeft()
    }

    @Test func `with every endpoint ejected in a panic, calls go to all`() async throws {
        let house = try House {
            $0.retries = .none
            $0.circuitBreaking.maximumEjected = .one
        }
        let events = RecordedEvents(of: house.mesh)
        for endpoint in house.endpoints { house.transport.set(.reset, at: endpoint) }
        for _ in 0..<40 { #expect(try await house.failure().code == .attemptsFailed) }
        #expect(await events.first { if case .panicEntered = $0 { true } else { false } } != nil)
        for endpoint in house.endpoints { house.transport.set(.none, at: endpoint) }
        try await house.call()
        await house.expectNothingLeft()
    }

    @Test func `ejected endpoints that are emptied make room and no panic`() async throws {
        let house = try House(endpoints: 4) { $0.retries = .none }
        let events = RecordedEvents(of: house.mesh)
        for endpoint in house.endpoints.prefix(2) { house.transport.set(.reset, at: endpoint) }
        for _ in 0..<40 { _ = try? await house.call() }
        func ejected() -> [Address] {
            (house.mesh.endpoints(of: House.service) ?? []).filter { $0.availability == .unavailable }.map(
                \.endpoint.address
            )
        }
        #expect(ejected() == house.endpoints.prefix(2).map(\.address))

        var emptied = house.endpoints
        for index in 0..<2 { emptied[index].weight = 0 }
        house.resolver.yield(EndpointSet(emptied))
        await house.until { house.mesh.endpoints(of: House.service)?.first?.endpoint.weight == 0 }
        house.transport.set(.reset, at: house.endpoints[2])
        for _ in 0..<20 { _ = try? await house.call() }
        #expect(ejected() == house.endpoints.prefix(3).map(\.address))
        for _ in 0..<20 { try await house.call() }
        #expect(events.count { if case .panicEntered = $0 { true } else { false } } == 0)
        await house.expectNothingLeft()
    }

    @Test func `all clients of a service share one retry budget, and its end is one event`() async throws {
        let house = try House {
            $0.circuitBreaking = .disabled
            $0.retries.maximumAttempts = 2
            $0.retries.budget = RetryBudget.Policy(ratio: .zero, minimumPerSecond: 1, window: .seconds(5))
        }
        let events = RecordedEvents(of: house.mesh)
        let other = try house.mesh.client(
            for: House.service,
            over: house.transport,
            classifier: PlainClassifier<Ask, String>(.idempotent)
        )
        // Refused calls are tried again without a pause, so time stands still and nothing flows into the budget.
        for endpoint in house.endpoints { house.transport.set(.refused, at: endpoint) }
        for _ in 0..<20 {
            _ = try? await house.call()
            _ = try? await other.call(Ask())
        }
        let attempts = house.endpoints.reduce(0) { $0 + house.transport.callCount(at: $1) }
        #expect(attempts > 40 && attempts <= 45, "\(attempts)")
        #expect(await events.first { $0 == .retryBudgetExhausted(House.service) } != nil)
        house.resolver.fail("marks the end of the events")
        _ = await events.first { if case .resolutionFailed = $0 { true } else { false } }
        #expect(events.count { $0 == .retryBudgetExhausted(House.service) } == 1)
        await house.expectNothingLeft()
    }
}

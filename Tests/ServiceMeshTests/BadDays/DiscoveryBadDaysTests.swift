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

@Suite("Bad days of discovery", .takesTurns)
struct DiscoveryBadDaysTests {
    @Test func `a call before the first answer waits for it`() async throws {
        let house = try House(resolver: ScriptedResolver())
        let call = Task { try await house.call() }
        await house.resolver.iterations()
        #expect(house.transport.callCount(at: house.endpoints[0]) == 0)
        house.resolver.yield([house.endpoints[0]])
        #expect(try await call.value == house.endpoints[0].text)
        await house.expectNothingLeft()
    }

    @Test func `the first attempt of a call that waited is not charged with the wait`() async throws {
        let house = try House(resolver: ScriptedResolver()) { $0.retries = .none }
        house.transport.set(.reset, at: house.endpoints[0])
        let call = Task { try await house.failure() }
        await house.time.sleepers()
        house.time.advance(by: .seconds(4))
        house.resolver.yield([house.endpoints[0]])
        let error = try await call.value
        #expect(error.elapsed == .seconds(4))
        #expect(error.attempts.map(\.duration) == [.zero])
        await house.expectNothingLeft()
    }

    @Test func `an endpoint that comes back before it has drained keeps its connections`() async throws {
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
        let asked = try #require(house.endpoints.first { house.transport.inFlightCount(at: $0) == 1 })
        let others = EndpointSet(house.endpoints.filter { $0 != asked })
        house.resolver.yield(others)
        await house.until { house.mesh.endpoints(of: House.service)?.count == 2 }
        house.resolver.yield(EndpointSet(house.endpoints))
        await house.until { house.mesh.endpoints(of: House.service)?.count == 3 }
        doors.open()
        #expect(try await call.value == "done")
        #expect(house.transport.retirementCount(of: asked) == 0)

        house.resolver.yield(others)
        await house.until { house.transport.retirementCount(of: asked) == 1 }
        await house.expectNothingLeft()
    }

    @Test func `a source that fails at the start fails calls fast, with its reason`() async throws {
        let house = try House(resolver: ScriptedResolver())
        let waiting = Task { try await house.failure() }
        await house.until { !house.mesh.isIdle }
        house.resolver.fail("the registry is down")
        let errors = try await house.skippingPauses {
            let later = try await house.failure()
            return [try await waiting.value, later]
        }
        for error in errors {
            #expect(error.code == .noEndpoints)
            #expect(error.description.contains("the registry is down"), "\(error)")
            #expect(error.elapsed < .seconds(1))
        }
        house.resolver.yield(EndpointSet(house.endpoints))
        await house.until { house.mesh.endpoints(of: House.service)?.count == 3 }
        try await house.call()
        await house.expectNothingLeft()
    }

    @Test func `a source that fails later leaves the last good endpoints in force`() async throws {
        let house = try House()
        let events = RecordedEvents(of: house.mesh)
        try await house.call()
        house.resolver.fail("gone")
        let failed = await events.first { if case .resolutionFailed = $0 { true } else { false } }
        #expect(failed?.description.contains("gone") == true)
        for _ in 0..<10 { try await house.call() }
        #expect(house.mesh.endpoints(of: House.service)?.count == 3)
        await house.expectNothingLeft()
    }

    @Test func `a file that turns to garbage under load leaves the last good endpoints in force`() async throws {
        let directory = try TemporaryDirectory()
        let good = #"{ "endpoints": [{ "address": "10.0.0.2:80" }, { "address": "10.0.0.3:80" }] }"#
        try directory.write(good, to: "users.json")
        let target = try Target("file://\(directory.file("users.json"))")
        let house = try House(endpoints: 3) { $0.target = target }
        let events = RecordedEvents(of: house.mesh)
        try await house.call()
        for garbage in [
            #"{ "endpoints": [{ "addr"#, #"{ "endpoints": [{ "address": "10.0.0.300:80" }] }"#, "\0\u{FFFF}",
        ] {
            let earlier = events.failures.count
            try directory.write(garbage, to: "users.json")
            while events.failures.count == earlier {
                house.time.advance(by: .seconds(1))
                #expect(try await house.call() != house.endpoints[2].text)
            }
            let failure = try #require(events.failures.last)
            #expect(failure.contains("users.json") && failure.contains("line 1, column"), "\(failure)")
            #expect(house.mesh.endpoints(of: House.service)?.count == 2)
        }
        try directory.write(#"{ "endpoints": [{ "address": "10.0.0.4:80" }] }"#, to: "users.json")
        while try await house.call() != house.endpoints[2].text { house.time.advance(by: .seconds(1)) }
        await house.expectNothingLeft()
    }

    @Test func `a source that ends without a word fails calls, and says so`() async throws {
        let house = try House(resolver: ScriptedResolver())
        await house.resolver.iterations()
        house.resolver.finish()
        let error = try await house.skippingPauses { try await house.failure() }
        #expect(error.code == .noEndpoints)
        #expect(!error.detail.isEmpty)
        await house.expectNothingLeft()
    }

    @Test func `an empty answer at the start fails calls fast`() async throws {
        let house = try House(resolver: ScriptedResolver(.empty))
        let error = try await house.skippingPauses { try await house.failure() }
        #expect(error.code == .noEndpoints)
        #expect(error.description.contains("scripted:///users"), "\(error)")
        await house.expectNothingLeft()
    }

    @Test func `an empty answer later is reported, and the last good endpoints stay`() async throws {
        let house = try House()
        let events = RecordedEvents(of: house.mesh)
        try await house.call()
        house.resolver.yield(.empty)
        #expect(await events.first { if case .resolutionFailed = $0 { true } else { false } } != nil)
        try await house.call()
        await house.expectNothingLeft()
    }

    @Test func `an empty answer that is believed retires every endpoint once`() async throws {
        let house = try House { $0.stabilization.emptyAnswer = .accept }
        try await house.call()
        house.resolver.yield(.empty)
        await house.until { house.mesh.endpoints(of: House.service)?.isEmpty == true }
        let error = try await house.skippingPauses { try await house.failure() }
        #expect(error.code == .noEndpoints)
        #expect(house.endpoints.map { house.transport.retirementCount(of: $0) } == [1, 1, 1])
        await house.expectNothingLeft()
    }

    @Test func `endpoints that may not be asked are as good as none`() async throws {
        let house = try House(resolver: ScriptedResolver())
        house.resolver.yield(EndpointSet(house.endpoints.map { Endpoint($0.address, weight: 0) }))
        let error = try await house.skippingPauses { try await house.failure() }
        #expect(error.code == .noEndpoints)
        await house.expectNothingLeft()
    }

    @Test func `a silent source ends a call at the service's own timeout`() async throws {
        let house = try House(resolver: ScriptedResolver()) { $0.deadline.timeout = .seconds(2) }
        let call = Task { try await house.failure() }
        await house.time.sleepers()
        house.time.advance(by: .seconds(3))
        let error = try await call.value
        #expect(error.code == .deadlineExceeded)
        #expect(error.detail.contains("has not answered yet"))
        await house.expectNothingLeft()
    }

    @Test func `a silent source ends a call at its inherited deadline`() async throws {
        let house = try House(resolver: ScriptedResolver())
        let deadline = Deadline.after(.seconds(1), from: house.time.now)
        let call = Task { try await Deadline.$inherited.withValue(deadline) { try await house.failure() } }
        await house.time.sleepers()
        house.time.advance(by: .seconds(2))
        #expect(try await call.value.code == .deadlineExceeded)
        await house.expectNothingLeft()
    }

    @Test(arguments: [Duration.zero, .seconds(-1)])
    func `a deadline of zero fails the call before anything happens`(timeout: Duration) async throws {
        for resolver in [nil, ScriptedResolver()] {
            let house = try House(resolver: resolver)
            let error = try await house.failure(timeout: timeout)
            #expect(error.code == .deadlineExceeded)
            #expect(house.endpoints.allSatisfy { house.transport.callCount(at: $0) == 0 })
            await house.expectNothingLeft()
        }
    }
}

extension RecordedEvents {
    /// What was wrong with sources.
    fileprivate var failures: [String] {
        all.compactMap { if case .resolutionFailed(_, let error) = $0 { "\(error)" } else { nil } }
    }
}

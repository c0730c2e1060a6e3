import MeshCore
import MeshSimulation
import TestSupport
import Testing

/// What a crash does to a server and to what is in it.
@Suite(.offThePool) struct CrashTests {
    private static func scenario(_ group: ServerGroup, _ timeline: [TimelineEvent]) -> Scenario {
        Scenario(
            name: "crash",
            duration: .seconds(60),
            clients: ClientFleet(arrivals: .constant(perSecond: 1)),
            servers: [group],
            settings: [
                .init("deadline.timeout", "none"), .init("retries.maximumAttempts", "1"),
                .init("circuitBreaking.consecutiveFailures", "none"), .init("circuitBreaking.successRate", "none"),
            ],
            timeline: timeline
        )
    }

    private static func run(_ scenario: Scenario) throws -> SimulationResult {
        try #require(try Simulation(scenario).run().first)
    }

    @Test(arguments: [ServerFault.Kind.hang, .failure(status: 500, after: .seconds(30))])
    func `requests that a fault keeps are lost with the server`(kind: ServerFault.Kind) throws {
        let group = ServerGroup("web", count: 1, fault: ServerFault(kind))
        var scenario = Self.scenario(group, [.init(at: .seconds(5), .crash(.init("web"), for: .seconds(1)))])
        scenario.clients.maximumCalls = 3
        let result = try Self.run(scenario)
        #expect(result.calls == 3)
        #expect(result.unfinished == 0)
        #expect(result.failures.map(\.kind) != ["500"])
        // The first came after a second.
        #expect((Duration.seconds(3.9)...Duration.seconds(4.1)).contains(result.maximumLatency))
    }

    @Test func `an antagonist goes on after a crash`() throws {
        let group = ServerGroup(
            "web",
            count: 1,
            work: .constant(.milliseconds(1)),
            antagonist: .random(calm: .milliseconds(200), busy: .milliseconds(200), slowdown: 10)
        )
        var scenario = Self.scenario(group, [.init(at: .seconds(5), .crash(.init("web"), for: .seconds(5)))])
        scenario.clients.arrivals = .constant(perSecond: 100)
        let late = try Self.run(scenario).slices.filter { $0.start >= .seconds(15) }
        #expect(late.count(where: { $0.latency(1) ?? .zero > .milliseconds(9) }) > 30)
        #expect(late.count(where: { $0.latency(0) ?? .zero < .milliseconds(2) }) > 30)
    }

    /// At a tenth of its speed after 11.5 seconds, as far as the warm-up that the crash cut short is forgotten.
    @Test func `a server warms up anew after a crash`() throws {
        let group = ServerGroup(
            "web",
            count: 1,
            work: .constant(.milliseconds(10)),
            warmUp: WarmUp(from: 0.1, over: .seconds(20))
        )
        var scenario = Self.scenario(group, [.init(at: .seconds(10), .crash(.init("web"), for: .seconds(1.5)))])
        scenario.clients.arrivals = .constant(perSecond: 100)
        let slices = try Self.run(scenario).slices
        #expect(slices.first { $0.start == .seconds(12) }?.latency(0) ?? .zero > .milliseconds(70))
        #expect(slices.last?.latency(1) ?? .zero < .milliseconds(11))
    }

    @Test func `nothing reaches a server that joins a lost zone`() throws {
        let group = ServerGroup("web", count: 1, zones: ["a"])
        var scenario = Self.scenario(
            group,
            [
                .init(at: .seconds(1), .loseZone("a", for: .seconds(30))),
                .init(at: .seconds(2), .add(group: "web", count: 1, over: .zero)),
            ]
        )
        scenario.clients.arrivals = .constant(perSecond: 20)
        scenario.settings[0] = .init("deadline.timeout", "100ms")
        scenario.settings.append(.init("loadBalancing.policy", "least_request"))
        scenario.duration = .seconds(20)
        #expect(try Self.run(scenario).servers.last?.calls == 0)
        scenario.duration = .seconds(60)
        #expect(try Self.run(scenario).servers.last?.calls ?? 0 > 100)
    }

    @Test func `a deploy that takes no time replaces every server`() throws {
        let deploy = TimelineEvent.Change.deploy(group: "web", batch: 1, drain: .zero, downtime: .zero, pause: .zero)
        let scenario = Self.scenario(ServerGroup("web", count: 600), [.init(at: .seconds(1), deploy)])
        #expect(try Self.run(scenario).servers.count == 1200)
    }

    @Test(arguments: [ServerGroup("web", count: 0), ServerGroup("web", count: 2, work: .constant(.zero))])
    func `callers whose calls take no time come to an end`(group: ServerGroup) throws {
        var scenario = Self.scenario(group, [])
        scenario.duration = .seconds(2)
        scenario.clients.arrivals = .closed(concurrency: 3)
        let result = try Self.run(scenario)
        #expect((5990...6010).contains(result.calls))
    }
}

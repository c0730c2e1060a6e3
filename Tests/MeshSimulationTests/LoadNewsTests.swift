import MeshCore
import MeshSimulation
import TestSupport
import Testing

/// What simulated servers say of their load, and what the policies make of it.
@Suite(.offThePool) struct LoadNewsTests {
    /// Twenty servers, a fifth of which is four times slower.
    private static func scenario(_ probes: ServerGroup.ProbeAnswers = .both) -> Scenario {
        Scenario(
            name: "uneven",
            duration: .seconds(8),
            warmUp: .seconds(3),
            clients: ClientFleet(count: 2, arrivals: .poisson(perSecond: 300)),
            servers: [
                ServerGroup("good", count: 16, workers: 1, work: .exponential(mean: .milliseconds(20)), probes: probes),
                ServerGroup("slow", count: 4, workers: 1, work: .exponential(mean: .milliseconds(80)), probes: probes),
            ],
            network: Network(latency: .microseconds(200)),
            settings: [
                .init("deadline.timeout", "5s"), .init("retries.maximumAttempts", "1"),
                .init("circuitBreaking.consecutiveFailures", "none"), .init("circuitBreaking.successRate", "none"),
            ],
            variants: [.policy("prequal")]
        )
    }

    private static func run(_ scenario: Scenario) throws -> SimulationResult {
        try #require(try Simulation(scenario).run().first)
    }

    @Test func `three probes are sent for a call, and their answers lead away from slow servers`() throws {
        let result = try Self.run(Self.scenario(.separate))
        let random = try Simulation(Self.scenario()).run(.policy("random"))
        #expect(random.probes == 0)
        #expect((2.9...3.1).contains(Double(result.probes) / Double(result.calls)))
        #expect(result.latency(0.9) ?? .zero < (random.latency(0.9) ?? .zero) / 4)
    }

    @Test func `answers on the back of responses come in without being asked for`() throws {
        let onResponses = try Self.run(Self.scenario(.onResponses))
        let blind = try Self.run(Self.scenario(.none))
        #expect(onResponses.digest != blind.digest)
        let both = try Self.run(Self.scenario(.both))
        let separate = try Self.run(Self.scenario(.separate))
        #expect(both.digest != separate.digest)
        #expect(both.latency(0.9) ?? .zero < (blind.latency(0.9) ?? .zero) / 4)
    }

    @Test func `the network brings answers that are too late`() throws {
        var scenario = Self.scenario(.separate)
        scenario.network.latency = .microseconds(1501)
        let late = try Self.run(scenario)
        scenario.settings.append(.init("loadBalancing.prequal.probeTimeout", "4ms"))
        let inTime = try Self.run(scenario)
        #expect(late.probes > 1000)
        #expect(inTime.latency(0.9) ?? .zero < (late.latency(0.9) ?? .zero) / 4)
    }

    @Test(arguments: [(nil, 1.0), (2.0, 1.0), (nil, 0.5)])
    func `weights by reports are as fast as the servers`(cores: Double?, load: Double) throws {
        var scenario = Scenario(
            name: "reports",
            duration: .seconds(15),
            warmUp: .seconds(5),
            clients: ClientFleet(count: 2, arrivals: .poisson(perSecond: 200 * load)),
            servers: [
                ServerGroup("fast", count: 2, workers: 8, cores: cores, work: .exponential(mean: .milliseconds(10))),
                ServerGroup("slow", count: 2, workers: 8, cores: cores, work: .exponential(mean: .milliseconds(30))),
            ],
            settings: [.init("loadBalancing.clientSideWeightedRoundRobin.blackoutPeriod", "1s")],
            variants: [.policy("client_side_weighted_round_robin")]
        )
        scenario.seed = 3
        let result = try Self.run(scenario)
        func calls(_ group: String) -> Double {
            Double(result.servers.filter { $0.name.hasPrefix(group) }.reduce(0) { $0 + $1.calls })
        }
        #expect((2.6...3.4).contains(calls("fast") / calls("slow")))
    }
}

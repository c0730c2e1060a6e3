import MeshCore
import MeshSimulation
import TestSupport
import Testing

/// Requests that share the cores of a server.
@Suite(.offThePool) struct SharedCoresTests {
    private static func scenario(
        _ work: WorkDistribution,
        cores: Double,
        arrivals: ClientFleet.Arrivals,
        antagonist: Antagonist? = nil
    ) -> Scenario {
        Scenario(
            name: "cores",
            duration: .seconds(60),
            clients: ClientFleet(arrivals: arrivals),
            servers: [ServerGroup("web", count: 1, cores: cores, work: work, antagonist: antagonist)],
            settings: [.init("deadline.timeout", "none"), .init("retries.maximumAttempts", "1")]
        )
    }

    private static func run(_ scenario: Scenario) throws -> SimulationResult {
        try #require(try Simulation(scenario).run().first)
    }

    @Test(arguments: [(1, 1.0, 10), (2, 1.0, 20), (3, 1.5, 20), (4, 4.0, 10), (2, 4.0, 10)])
    func `as many requests as there are callers share the cores evenly`(
        callers: Int,
        cores: Double,
        milliseconds: Int
    ) throws {
        var scenario = Self.scenario(
            .constant(.milliseconds(10)),
            cores: cores,
            arrivals: .closed(concurrency: callers)
        )
        scenario.clients.maximumCalls = 100 * callers
        let result = try Self.run(scenario)
        let expected = Duration.milliseconds(milliseconds)
        #expect((expected * 0.98...expected * 1.02).contains(result.latency(0.5) ?? .zero))
        #expect((expected * 0.98...expected * 1.02).contains(result.latency(0.99) ?? .zero))
    }

    /// The mean time in a processor that is shared is that of M/M/1, whatever the distribution of the work (Kleinrock,
    /// "Queueing Systems", volume 2, section 4.4): 10 ms / (1 - 0.6).
    @Test(arguments: [
        WorkDistribution.constant(.milliseconds(10)), .exponential(mean: .milliseconds(10)),
        .bimodal(fast: .milliseconds(5), slow: .milliseconds(55), slowShare: 0.1),
    ])
    func `the mean does not depend on how the work is spread`(work: WorkDistribution) throws {
        let result = try Self.run(Self.scenario(work, cores: 1, arrivals: .poisson(perSecond: 60)))
        #expect((22.0...28.0).contains(result.meanLatency / .milliseconds(1)))
    }

    /// Ten requests of 10 ms at a time on ten cores, or on two for half of the time.
    @Test func `an antagonist takes cores away`() throws {
        let antagonist = Antagonist.throttle(calm: .milliseconds(500), busy: .milliseconds(500), cores: 2)
        var scenario = Self.scenario(
            .constant(.milliseconds(10)),
            cores: 10,
            arrivals: .closed(concurrency: 10),
            antagonist: antagonist
        )
        scenario.clients.maximumCalls = 5000
        let result = try Self.run(scenario)
        #expect((9.8...10.2).contains((result.latency(0.3) ?? .zero) / .milliseconds(1)))
        #expect((49.0...51.0).contains((result.latency(0.98) ?? .zero) / .milliseconds(1)))
    }
}

import MeshCore
import MeshSimulation
import TestSupport
import Testing

/// The order of the policies in "What each does to a fleet" of `docs/guides/load-balancing.md`, with fewer calls.
@Suite(.offThePool) struct PolicyFiguresTests {
    private static func run(_ scenario: Scenario) throws -> [String: SimulationResult] {
        try Simulation(scenario).run().reduce(into: [:]) { $0[$1.variant] = $1 }
    }

    /// A third of the time.
    @Test func `in a small fleet, a fifth of which is slow, who looks is better off, and who looks harder more so`()
        throws
    {
        var scenario = try Scenario.example("prequal-small-fleet")
        scenario.duration = .seconds(20)
        scenario.warmUp = .seconds(5)
        scenario.variants = [
            "random", "weighted_round_robin", "client_side_weighted_round_robin", "least_request", "peak_ewma",
            "prequal",
        ]
        .map { .policy($0) }
        let results = try Self.run(scenario)
        func p99(_ policy: String) throws -> Double { try #require(results[policy]).milliseconds(0.99) }
        #expect(try p99("prequal") < 0.9 * p99("peak_ewma"))
        #expect(try p99("peak_ewma") < 0.75 * p99("least_request"))
        #expect(try p99("least_request") < 0.5 * p99("random"))
        #expect(try p99("least_request") < 0.5 * p99("weighted_round_robin"))
        // Weights come when the blackout is over, ten seconds late.
        let weights = try #require(results["client_side_weighted_round_robin"])
        let robin = try #require(results["weighted_round_robin"])
        #expect(weights.success == 1)
        #expect(weights.milliseconds(0.9) < 0.5 * robin.milliseconds(0.9))
        for policy in ["prequal", "peak_ewma", "least_request"] { #expect(results[policy]?.success == 1) }
    }

    /// A sixth of the time, half of the calls, half of the servers.
    @Test func `hashing costs balance, and bounded loads give it back`() throws {
        var scenario = try Scenario.example("keys")
        scenario.duration = .seconds(5)
        scenario.warmUp = .seconds(1)
        scenario.clients.arrivals = .poisson(perSecond: 1500)
        scenario.servers[0].count = 10
        scenario.variants.removeAll { !["Maglev", "Maglev, bounded to 125 %", "least request"].contains($0.name) }
        let results = try Self.run(scenario)
        let plain = try #require(results["Maglev"])
        let bounded = try #require(results["Maglev, bounded to 125 %"])
        let least = try #require(results["least request"])
        #expect(plain.maximumLoad > 1.5)
        #expect(bounded.maximumLoad < 1.45)
        #expect(least.maximumLoad < 1.1)
        #expect(plain.milliseconds(0.99) > 1.5 * bounded.milliseconds(0.99))
        #expect(bounded.milliseconds(0.99) < 1.2 * least.milliseconds(0.99))
    }

    /// A sixth of the time, a third of the fleet.
    @Test func `an aperture is as even as everyone, and random subsets are not`() throws {
        var scenario = try Scenario.example("large-fleet")
        scenario.duration = .seconds(6)
        scenario.warmUp = .seconds(1)
        scenario.clients.count = 20
        scenario.clients.arrivals = .poisson(perSecond: 1800)
        scenario.servers[0].count = 60
        let results = try Self.run(scenario)
        let everyone = try #require(results["everyone"])
        let drawn = try #require(results["random subsets"])
        let aperture = try #require(results["aperture"])
        #expect(everyone.maximumLoad < 1.3)
        #expect(aperture.maximumLoad < 1.3)
        #expect(drawn.maximumLoad > 1.4)
        #expect(aperture.milliseconds(0.99) < everyone.milliseconds(0.99))
        for result in [everyone, drawn, aperture] { #expect(result.success == 1) }
    }
}

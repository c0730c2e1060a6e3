import MeshCore
import MeshSimulation
import TestSupport
import Testing

@Suite(.offThePool) struct VariantLoadTests {
    @Test func `each variant is run at each load`() throws {
        var scenario = Scenario(
            name: "loads",
            duration: .seconds(20),
            clients: ClientFleet(arrivals: .constant(perSecond: 50)),
            servers: [ServerGroup("web", count: 2)],
            variants: [.policy("random"), .policy("least_request")],
            timeline: [TimelineEvent(at: .seconds(10), .rate(perSecond: 100))]
        )
        scenario.variants = scenario.variants(atLoads: [0.5, 2])
        let results = try Simulation(scenario).run()
        #expect(
            results.map(\.variant) == [
                "random, load 0.5", "least_request, load 0.5", "random, load 2.0", "least_request, load 2.0",
            ]
        )
        for (result, calls) in zip(results, [750, 750, 3000, 3000]) {
            #expect((calls - 4...calls + 4).contains(result.calls), "\(result.variant)")
        }
    }

    /// Those that no other test reads.
    @Test(arguments: ["keys", "zones"])
    func `the scenarios of the guide run`(name: String) throws {
        var scenario = try Scenario.example(name)
        scenario.duration = .seconds(1)
        scenario.warmUp = .zero
        for result in try Simulation(scenario).run() { #expect(result.calls > 200, "\(result.variant)") }
    }
}

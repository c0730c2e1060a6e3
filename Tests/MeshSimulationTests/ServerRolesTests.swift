import MeshCore
import MeshSimulation
import TestSupport
import Testing

/// What discovery says of servers beside their weight: priorities, and metadata for calls that ask for a subset.
@Suite(.offThePool) struct ServerRolesTests {
    private static func scenario(_ servers: [ServerGroup]) -> Scenario {
        Scenario(
            name: "roles",
            duration: .seconds(10),
            clients: ClientFleet(count: 2, arrivals: .constant(perSecond: 400)),
            servers: servers,
            settings: [.init("deadline.timeout", "1s"), .init("loadBalancing.policy", "least_request")]
        )
    }

    private static func run(_ scenario: Scenario) throws -> SimulationResult {
        try #require(try Simulation(scenario).run().first)
    }

    /// The clients eject all of the first priority, so everything goes to the second; retries cover most of what they learn it by.
    @Test func `the second priority is there for when the first is not`() throws {
        var scenario = Self.scenario([
            ServerGroup("main", count: 4), ServerGroup("spare", count: 4, priority: 1),
        ])
        let calm = try Self.run(scenario)
        #expect(calm.calls(of: "spare") == 0)
        #expect(calm.success == 1)
        scenario.timeline = [.init(at: .seconds(5), .crash(.init("main"), for: nil))]
        let crashed = try Self.run(scenario)
        #expect(crashed.calls(of: "spare") > 1800)
        #expect(crashed.success > 0.97)
    }

    @Test(arguments: [(Fraction.one, 0.999...1.0), (0.1, 0.17...0.21), (.zero, 0.08...0.12)])
    func `calls that ask for a version get it`(share: Fraction, canary: ClosedRange<Double>) throws {
        var scenario = Self.scenario([
            ServerGroup("old", count: 9, metadata: ["version": "v1"]),
            ServerGroup("new", count: 1, metadata: ["version": "v2"]),
        ])
        scenario.settings.append(.init("subsets.keys", "version"))
        scenario.clients.subset = CallSubset(["version": "v2"], share: share)
        let result = try Self.run(scenario)
        #expect(result.success == 1)
        #expect(canary.contains(Double(result.calls(of: "new")) / Double(result.calls)))
    }
}

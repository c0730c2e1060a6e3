import MeshCore
import MeshSimulation
import TestSupport
import Testing

/// Calls with keys, and clients that keep to their zone.
@Suite(.offThePool) struct CallKeysTests {
    private static func scenario(_ keys: CallKeys?, policy: String) -> Scenario {
        Scenario(
            name: "keys",
            duration: .seconds(10),
            clients: ClientFleet(count: 3, arrivals: .poisson(perSecond: 200), keys: keys),
            servers: [ServerGroup("cache", count: 10, work: .constant(.milliseconds(1)))],
            variants: [.policy(policy)]
        )
    }

    private static func loads(_ scenario: Scenario) throws -> [Int] {
        try #require(try Simulation(scenario).run().first).servers.map(\.calls)
    }

    @Test(arguments: ["ring_hash", "maglev"])
    func `all clients send calls about one thing to one server`(policy: String) throws {
        let loads = try Self.loads(Self.scenario(CallKeys(count: 1), policy: policy))
        #expect(loads.count(where: { $0 > 0 }) == 1)
        #expect(try Self.loads(Self.scenario(nil, policy: policy)).allSatisfy { $0 > 100 })
        #expect(try Self.loads(Self.scenario(CallKeys(count: 1000), policy: policy)).allSatisfy { $0 > 50 })
    }

    /// Of 100 keys with the exponent 1 the first has 1 / H(100) = 19.3 % of the calls.
    @Test func `a popular key is one server's burden`() throws {
        let keys = CallKeys(count: 100, popularity: .zipf(exponent: 1))
        let loads = try Self.loads(Self.scenario(keys, policy: "maglev"))
        let share = Double(loads.max() ?? 0) / Double(loads.reduce(0, +))
        #expect((0.18...0.40).contains(share))
    }

    /// Three zones with a third of the clients each, and 6, 4 and 2 of the servers: only the half of the calls of the last
    /// zone that it has no room for leaves it, a sixth of all.
    @Test func `zone-aware clients stay in their zone as far as every server gets its share`() throws {
        func result(_ localities: String) throws -> SimulationResult {
            let scenario = Scenario(
                name: "zones",
                duration: .seconds(10),
                clients: ClientFleet(count: 6, zones: ["a", "b", "c"], arrivals: .poisson(perSecond: 300)),
                servers: [("a", 6), ("b", 4), ("c", 2)].map { zone, count in
                    ServerGroup(zone, count: count, work: .constant(.milliseconds(1)), zones: [zone])
                },
                network: Network(
                    links: [("a", "b"), ("a", "c"), ("b", "c")].map {
                        .init(from: $0, to: $1, latency: .milliseconds(50))
                    }
                ),
                settings: [.init("loadBalancing.policy", "random"), .init("localities", localities)]
            )
            return try #require(try Simulation(scenario).run().first)
        }
        func farShare(_ result: SimulationResult) -> Double {
            // Every call within a zone takes a millisecond, every other more than a hundred.
            let near = (1...99).last { percent in
                let latency = result.latency(Double(percent) / 100) ?? .zero
                return latency < .milliseconds(50)
            }
            return 1 - Double(near ?? 0) / 100
        }
        let (anywhere, own) = (try result("ignored"), try result("zone_aware"))
        #expect((0.60...0.74).contains(farShare(anywhere)))
        #expect((0.12...0.22).contains(farShare(own)))
        let loads = own.servers.map { Double($0.calls) }
        #expect((loads.max() ?? 0) / (loads.min() ?? 1) < 1.5)
    }
}

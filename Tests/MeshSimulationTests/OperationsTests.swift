import MeshCore
import MeshSimulation
import TestSupport
import Testing

/// `Examples/Scenarios/operations.json` with a twentieth of the calls, a few to each server in each part, so that chance alone makes some
/// imbalance: failed calls and imbalance in each part. The figures of the full scenario are in `docs/benchmarks.md`.
@Suite(.offThePool) struct OperationsTests {
    private struct Part {
        let name: String
        let from: Double
        let to: Double
        let failed: Double
        /// Of peak EWMA, which keeps away from servers that warm up.
        let imbalance: Double
        /// Of round robin.
        let even: Double
    }

    /// The largest share of failed calls, and the largest imbalance. Nobody tells the clients of the lost zone, in which three of
    /// ten servers are: where it is lost 1.43 is even.
    private static let parts = [
        Part(name: "before", from: 0, to: 9, failed: 0, imbalance: 1.4, even: 1.1),
        Part(name: "deploy", from: 9, to: 40.5, failed: 0, imbalance: 1.5, even: 1.1),
        Part(name: "growth", from: 49.5, to: 70.5, failed: 0, imbalance: 1.9, even: 1.9),
        Part(name: "a hundred", from: 70.5, to: 90, failed: 0, imbalance: 1.7, even: 1.2),
        Part(name: "shrinking", from: 90, to: 111, failed: 0, imbalance: 2.1, even: 1.7),
        Part(name: "a zone lost", from: 139.5, to: 160.5, failed: 0.001, imbalance: 1.7, even: 1.5),
        Part(name: "after", from: 160.5, to: 180, failed: 0, imbalance: 1.6, even: 1.3),
    ]

    @Test(arguments: ["peak EWMA", "round robin"])
    func `a deploy, growth, shrinking and the loss of a zone cost hardly a call, and leave the load even`(
        variant: String
    ) throws {
        var scenario = try Scenario.example("operations")
        scenario.clients.count = 3
        scenario.clients.arrivals = .poisson(perSecond: 100)
        scenario.variants.removeAll { $0.name != variant }
        let result = try #require(try Simulation(scenario).run().first)
        #expect(result.servers.count == 110)
        for part in Self.parts {
            let slice = result.part(from: .seconds(part.from), to: .seconds(part.to))
            #expect(slice.failed <= part.failed, "\(part.name)")
            let most = variant == "round robin" ? part.even : part.imbalance
            #expect(slice.imbalance ?? 9 < most, "\(part.name)")
        }
    }
}

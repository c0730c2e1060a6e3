import MeshCore
import MeshSimulation
import TestSupport
import Testing

/// The snippets of `docs/guides/simulation.md`.
@Suite(.offThePool) struct GuideTests {
    @Test func `the crash of one of five goes unnoticed`() throws {
        let scenario = Scenario(
            name: "crash",
            duration: .seconds(20),
            clients: ClientFleet(count: 2, arrivals: .poisson(perSecond: 100)),
            servers: [
                ServerGroup("web", count: 5, workers: 8, work: .lognormal(median: .milliseconds(20), sigma: 0.5))
            ],
            settings: [.init("deadline.timeout", "1s")],
            variants: [.policy("least_request"), .policy("peak_ewma")],
            timeline: [TimelineEvent(at: .seconds(5), .crash(.init("web", count: 1), for: .seconds(5)))]
        )
        for result in try Simulation(scenario).run() {
            #expect(result.success > 0.999, "\(result.variant)")
            #expect(result.latency(0.99) ?? .zero < .milliseconds(150), "\(result.variant)")
        }
    }

    @Test func `a report is the same every time`() throws {
        var scenario = Scenario(
            name: "small",
            duration: .seconds(2),
            servers: [ServerGroup("web", count: 3)]
        )
        scenario.variants = [.policy("random"), .policy("least_request")]
        let first = SimulationReport(scenario, try Simulation(scenario).run())
        let second = SimulationReport(scenario, try Simulation(scenario).run())
        #expect(first.json() == second.json())
        #expect(first.html() == second.html())
        #expect(first.table().split(separator: "\n").count == 3)
        #expect(first.comparison().contains("(x1.00)"))
    }
}

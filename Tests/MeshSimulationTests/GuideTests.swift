import Foundation
import MeshCore
import MeshLoadBalancing
import MeshSimulation
import TestSupport
import Testing

/// The snippets of `docs/guides/simulation.md`.
@Suite(.offThePool) struct GuideTests {
    private let guide: String
    private let package: URL

    init() throws {
        package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        guide = try String(contentsOf: package.appending(path: "docs/guides/simulation.md"), encoding: .utf8)
    }

    /// What stands between the fences of each block in a language.
    private func blocks(_ language: String) -> [String] {
        guide.components(separatedBy: "\n```\(language)\n").dropFirst().compactMap {
            $0.components(separatedBy: "\n```").first
        }
    }

    @Test func `every scenario is read and lived through`() throws {
        let scenarios = blocks("json")
        #expect(scenarios.count == 1)
        for json in scenarios {
            let scenario = try Scenario(json: Array(json.utf8), name: "guide")
            #expect(try Simulation(scenario).run().allSatisfy { $0.calls > 8000 && $0.success > 0.8 })
        }
    }

    /// Layout apart.
    @Test func `every Swift snippet stands in this file, which is compiled`() throws {
        func squeezed(_ text: String) -> String { text.filter { !$0.isWhitespace } }
        let source = squeezed(try String(contentsOfFile: #filePath, encoding: .utf8))
        let snippets = blocks("swift")
        #expect(snippets.count == 4)
        for snippet in snippets where !snippet.hasPrefix(".testTarget") {
            #expect(source.contains(squeezed(snippet)), "\(snippet)")
        }
        let manifest = try String(contentsOf: package.appending(path: "Package.swift"), encoding: .utf8)
        for name in [#"name: "swift-service-mesh""#, #"library("MeshSimulation""#] { #expect(manifest.contains(name)) }
    }

    @Test func `an error of a file is the one of the guide`() throws {
        let work = #"{"distribution": "exponential", "mean": "10"}"#
        let json = String(repeating: "\n", count: 11) + #"{"servers": [{"name": "a", "count": 1, "work": \#(work)}]}"#
        let error = #expect(throws: ScenarioError.self) { try Scenario(json: Array(json.utf8), name: "storm.json") }
        #expect(guide.contains("\n\(error?.description ?? "-")\n"), "\(error?.description ?? "")")
    }

    @Test func `an hour in no time`() throws {
        let time = VirtualTime()
        let waited = try time.run {
            let start = time.now
            try await time.clock.sleep(for: .seconds(3600))
            return start.duration(to: time.now)
        }
        #expect(waited == .seconds(3600))
    }

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

    @Test func `a policy of one's own beside one of ours`() throws {
        let mine = CustomPolicy("my_choice_of_two") { choices, random in
            guard let first = choices.indices.randomElement(using: &random),
                let second = choices.indices.randomElement(using: &random)
            else { return nil }
            return choices.inFlight(second) < choices.inFlight(first) ? second : first
        }
        let scenario = Scenario(
            name: "mine",
            duration: .seconds(5),
            clients: ClientFleet(count: 2, arrivals: .poisson(perSecond: 600)),
            servers: [ServerGroup("web", count: 20, workers: 1, work: .exponential(mean: .milliseconds(20)))],
            variants: [.policy(.custom(mine)), .policy(.leastRequest), .policy(.random)]
        )
        let results = try Simulation(scenario).run()
        let p99 = results.map { $0.latency(0.99) ?? .zero }
        #expect(p99[0] < p99[1] * 1.25 && p99[0] < p99[2] * 0.8)

        #expect(results.map(\.variant) == ["my_choice_of_two", "least_request", "random"])
        #expect(results.allSatisfy { $0.success == 1 })
        // Another name, and settings beside it.
        let named = Scenario.Variant("mine", [.init("retries.maximumAttempts", "1")], policy: .custom(mine))
        #expect(try Simulation(scenario).run(named).variant == "mine")
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

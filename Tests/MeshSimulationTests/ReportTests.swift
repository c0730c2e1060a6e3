import Foundation
import MeshCore
import MeshSimulation
import TestSupport
import Testing

/// What a run is shown as: a page with plots, JSON, and tables.
@Suite(.offThePool) struct ReportTests {
    private let report: SimulationReport

    init() throws {
        let scenario = Scenario(
            name: "small",
            summary: "a <small> fleet",
            duration: .seconds(12),
            clients: ClientFleet(arrivals: .constant(perSecond: 100)),
            servers: [ServerGroup("web", count: 4)],
            settings: [
                .init("retries.maximumAttempts", "1"),
                .init("circuitBreaking.consecutiveFailures", "none"), .init("circuitBreaking.successRate", "none"),
            ],
            variants: [.policy("random"), .policy("weighted_round_robin")],
            timeline: [.init(at: .seconds(6), .fail(.init("web"), ServerFault(.reset), for: .seconds(3)))]
        )
        report = SimulationReport(scenario, try Simulation(scenario).run())
    }

    @Test func `the page needs no other file, and has every plot of every variant`() {
        let page = report.html()
        for reference in ["http://", "https://", "src=", "href=", "url(", "@import", "<link", "<script"] {
            #expect(!page.contains(reference), "\(reference)")
        }
        #expect(page.contains("a &lt;small&gt; fleet"))
        let sections = page.components(separatedBy: "<section>").dropFirst()
        #expect(sections.count == 2)
        for section in sections {
            #expect(section.components(separatedBy: "<svg").count - 1 == 5)
            for title in ["Latency", "Calls a second", "Requests in each server", "Share of each", "busiest server"] {
                #expect(section.contains(title), "\(title)")
            }
            for number in ["nan", "inf"] { #expect(!section.contains("\(number) "), "\(number)") }
        }
    }

    /// WCAG 2.2, success criteria 1.4.3 (text: 4.5 to 1) and 1.4.11 (what is drawn: 3 to 1).
    @Test func `lines and texts stand out from the paper, light and dark`() throws {
        let schemes = report.html().components(separatedBy: ":root {").dropFirst().map(Self.colours)
        #expect(schemes.count == 2)
        for colours in schemes {
            let paper = Self.luminance(try #require(colours["paper"]))
            for name in ["ink", "soft", "thin", "blue", "green", "red"] {
                let own = Self.luminance(try #require(colours[name]))
                let contrast = (max(own, paper) + 0.05) / (min(own, paper) + 0.05)
                #expect(contrast >= (["ink", "soft"].contains(name) ? 4.5 : 3), "\(name): \(contrast)")
            }
        }
    }

    /// `--blue: #0072B2` and the like.
    private static func colours(_ style: String) -> [String: UInt32] {
        let declarations = (style.components(separatedBy: "}").first ?? "").components(separatedBy: "--").dropFirst()
        return declarations.reduce(into: [:]) { colours, declaration in
            let parts = declaration.components(separatedBy: ": #")
            if parts.count == 2 { colours[parts[0]] = UInt32(parts[1].prefix(6), radix: 16) }
        }
    }

    private static func luminance(_ colour: UInt32) -> Double {
        func linear(_ shift: UInt32) -> Double {
            let value = Double(colour >> shift & 0xFF) / 255
            return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
        }
        return 0.2126 * linear(16) + 0.7152 * linear(8) + 0.0722 * linear(0)
    }

    @Test func `JSON has every slice`() throws {
        let object = try JSONSerialization.jsonObject(with: Data(report.json().utf8)) as? [String: Any]
        let results = try #require(object?["results"] as? [[String: Any]])
        #expect(results.count == 2)
        for (json, result) in zip(results, report.results) {
            let slices = try #require(json["slices"] as? [[String: Any]])
            #expect(slices.count == 120)
            #expect(slices.compactMap { $0["calls"] as? Int }.reduce(0, +) == result.calls)
            #expect(slices.compactMap { $0["failures"] as? Int }.reduce(0, +) == result.calls - result.successes)
            #expect(slices[60]["start"] as? Double == 6)
            #expect(slices[10]["p50"] as? Double ?? 0 > 9.8)
            #expect(slices[10]["p99"] as? Double ?? 99 < 10.2)
            #expect(slices[10].keys.contains("imbalance"))
        }
    }

    @Test func `parts have their own calls, failures and imbalance`() throws {
        let lines = report.table(splitAt: [.seconds(6), .seconds(9), .seconds(9)]).split(separator: "\n")
        #expect(lines.count == 1 + 2 * 3)
        let robin = report.results[1]
        let parts = [(0, 6), (6, 9), (9, 12)].map { robin.part(from: .seconds($0), to: .seconds($1)) }
        #expect(parts.map(\.failed) == [0, 1, 0])
        #expect(parts.reduce(0) { $0 + $1.calls } == robin.calls)
        for part in parts { #expect((0.99...1.02).contains(part.imbalance ?? 0)) }
        let random = report.results[0].part(from: .zero, to: .seconds(12))
        #expect((1.02...1.3).contains(random.imbalance ?? 0))
    }

    /// A server that joins in the middle has as much to do as the others for the time that it is there.
    @Test func `growth is no imbalance`() throws {
        let scenario = Scenario(
            name: "growth",
            duration: .seconds(24),
            clients: ClientFleet(arrivals: .constant(perSecond: 400)),
            servers: [ServerGroup("web", count: 2)],
            variants: [.policy("weighted_round_robin")],
            timeline: [.init(at: .seconds(1), .add(group: "web", count: 8, over: .seconds(20)))]
        )
        let result = try #require(try Simulation(scenario).run().first)
        #expect(result.slices.compactMap(\.imbalance).allSatisfy { $0 < 1.5 })
        #expect(result.maximumLoad > 1.15)
        #expect(result.part(from: .seconds(21), to: .seconds(24)).imbalance ?? 9 < 1.02)
    }
}

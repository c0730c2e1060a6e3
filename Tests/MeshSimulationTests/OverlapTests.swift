import MeshCore
import MeshSimulation
import TestSupport
import Testing

/// Events of the timeline that overlap at a server: none ends another.
@Suite(.offThePool) struct OverlapTests {
    private static func run(_ timeline: [TimelineEvent], zones: [String] = []) throws -> SimulationResult {
        let scenario = Scenario(
            name: "overlap",
            duration: .seconds(12),
            clients: ClientFleet(arrivals: .constant(perSecond: 100)),
            servers: [ServerGroup("web", count: 1, work: .constant(.milliseconds(10)), zones: zones)],
            settings: [
                .init("deadline.timeout", "200ms"), .init("retries.maximumAttempts", "1"),
                .init("circuitBreaking.consecutiveFailures", "none"), .init("circuitBreaking.successRate", "none"),
            ],
            timeline: timeline
        )
        return try #require(try Simulation(scenario).run().first)
    }

    private static let web = TimelineEvent.Selection("web")

    /// What most calls of the tenth of a second that begins then took.
    private static func milliseconds(_ result: SimulationResult, at seconds: Double) -> Int {
        let slice = result.slices.first { $0.start >= .seconds(seconds) }
        return Int(((slice?.latency(0.5) ?? .zero) / .milliseconds(1)).rounded())
    }

    @Test func `of two slow-downs the later one counts, and then the one that is left`() throws {
        let crossing = try Self.run([
            .init(at: .seconds(1), .slow(Self.web, factor: 5, for: .seconds(4))),
            .init(at: .seconds(3), .slow(Self.web, factor: 2, for: .seconds(4))),
        ])
        #expect([0.5, 2, 4, 6, 8].map { Self.milliseconds(crossing, at: $0) } == [10, 50, 20, 20, 10])
        let nested = try Self.run([
            .init(at: .seconds(1), .slow(Self.web, factor: 2, for: .seconds(6))),
            .init(at: .seconds(3), .slow(Self.web, factor: 5, for: .seconds(2))),
        ])
        #expect([0.5, 2, 4, 6, 8].map { Self.milliseconds(nested, at: $0) } == [10, 20, 50, 20, 10])
    }

    @Test func `a fault does not end another`() throws {
        let result = try Self.run([
            .init(at: .seconds(1), .fail(Self.web, ServerFault(.failure(status: 500, after: .zero)), for: .seconds(6))),
            .init(at: .seconds(3), .fail(Self.web, ServerFault(.reset), for: .seconds(2))),
        ])
        #expect(result.part(from: .zero, to: .seconds(0.9)).failures == 0)
        #expect(result.part(from: .seconds(1), to: .seconds(6.9)).failed == 1)
        #expect(result.part(from: .seconds(7.1), to: .seconds(12)).failures == 0)
        // One status, and one code of an error.
        #expect(result.failures.count == 2)
    }

    @Test func `a zone that is lost twice comes back once both are over`() throws {
        let result = try Self.run(
            [
                .init(at: .seconds(1), .loseZone("a", for: .seconds(6))),
                .init(at: .seconds(3), .loseZone("a", for: .seconds(2))),
            ],
            zones: ["a"]
        )
        #expect(result.part(from: .seconds(1), to: .seconds(6.7)).failed == 1)
        #expect(result.part(from: .seconds(7.1), to: .seconds(12)).failures == 0)
    }
}

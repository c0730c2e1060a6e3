import MeshCore
import MeshSimulation
import TestSupport
import Testing

/// Clients that restart, and with them what they have learnt.
@Suite(.offThePool) struct ClientRestartTests {
    /// Every client learns of the one server that fails, by calls that fail.
    private static func scenario(_ timeline: [TimelineEvent]) -> Scenario {
        Scenario(
            name: "restart",
            duration: .seconds(8),
            clients: ClientFleet(count: 20, arrivals: .constant(perSecond: 800)),
            servers: [
                ServerGroup("good", count: 9),
                ServerGroup("bad", count: 1, fault: ServerFault(.failure(status: 500, after: .zero))),
            ],
            settings: [.init("retries.maximumAttempts", "1"), .init("loadBalancing.policy", "peak_ewma")],
            timeline: timeline
        )
    }

    private static func failures(_ timeline: [TimelineEvent], from: Double, to: Double) throws -> Int {
        let result = try #require(try Simulation(scenario(timeline)).run().first)
        #expect(result.calls > 6300)
        return result.part(from: .seconds(from), to: .seconds(to)).failures
    }

    @Test func `what was learnt is lost`() throws {
        let restart = TimelineEvent(at: .seconds(4), .restartClients(count: nil, over: .zero))
        let (without, with) = (try Self.failures([], from: 4, to: 6), try Self.failures([restart], from: 4, to: 6))
        #expect(with > without + 10, "\(without) \(with)")
    }

    @Test func `so many restart, one after the other`() throws {
        let some = TimelineEvent(at: .seconds(4), .restartClients(count: 10, over: .seconds(4)))
        let all = TimelineEvent(at: .seconds(4), .restartClients(count: nil, over: .zero))
        #expect(try Self.failures([some], from: 4, to: 5) < Self.failures([all], from: 4, to: 5))
        #expect(try Self.failures([some], from: 6, to: 8) > Self.failures([], from: 6, to: 8))
    }

    @Test func `calls under way end as they would have, and discovery is heard by the new ones`() throws {
        let restart = TimelineEvent(at: .seconds(2), .restartClients(count: nil, over: .zero))
        let deploy = TimelineEvent.Change.deploy(
            group: "web",
            batch: 2,
            drain: .seconds(2),
            downtime: .zero,
            pause: .seconds(1)
        )
        let scenario = Scenario(
            name: "restart",
            duration: .seconds(10),
            clients: ClientFleet(count: 3, arrivals: .constant(perSecond: 50)),
            servers: [ServerGroup("web", count: 4, work: .constant(.seconds(1)))],
            settings: [.init("retries.maximumAttempts", "1")],
            timeline: [restart, .init(at: .seconds(1), deploy)]
        )
        let result = try #require(try Simulation(scenario).run().first)
        #expect(result.success == 1)
        #expect((499...501).contains(result.calls))
        #expect(result.servers.count == 8)
    }
}

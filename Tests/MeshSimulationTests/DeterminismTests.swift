import MeshCore
import MeshSimulation
import TestSupport
import Testing

@Suite(.offThePool) struct DeterminismTests {
    static func scenario(seed: UInt64) -> Scenario {
        Scenario(
            name: "small",
            duration: .seconds(10),
            seed: seed,
            clients: ClientFleet(count: 3, arrivals: .poisson(perSecond: 300)),
            servers: [
                ServerGroup(
                    "good",
                    count: 8,
                    workers: 4,
                    queueLimit: 20,
                    work: .lognormal(median: .milliseconds(20), sigma: 0.7)
                ),
                ServerGroup(
                    "bad",
                    count: 2,
                    work: .constant(.milliseconds(10)),
                    antagonist: .random(calm: .seconds(1), busy: .seconds(1), slowdown: 5),
                    fault: ServerFault(.failure(status: 500, after: .milliseconds(1)), share: 0.3)
                ),
            ],
            network: Network(latency: .microseconds(200)),
            settings: [.init("deadline.timeout", "300ms")],
            timeline: [
                TimelineEvent(at: .seconds(2), .crash(.init("good", count: 1), for: .seconds(2))),
                TimelineEvent(at: .seconds(4), .slow(.init("good", count: 2), factor: 30, for: .seconds(2))),
                TimelineEvent(
                    at: .seconds(7),
                    .deploy(
                        group: "good",
                        batch: 2,
                        drain: .milliseconds(300),
                        downtime: .milliseconds(200),
                        pause: .milliseconds(100)
                    )
                ),
            ]
        )
    }

    @Test(arguments: Simulation.policies)
    func `the same seed gives the same run, event for event`(policy: String) throws {
        let variant = Scenario.Variant.policy(policy)
        let first = try Simulation(Self.scenario(seed: 7)).run(variant)
        let second = try Simulation(Self.scenario(seed: 7)).run(variant)
        let other = try Simulation(Self.scenario(seed: 8)).run(variant)
        #expect(first == second)
        #expect(first.digest == second.digest)
        #expect(first.digest != other.digest)
        #expect(first.calls > 2500)
        #expect(first.success > 0.9)
        #expect(first.extraRequests > 0)
    }
}

import MeshCore
import MeshSimulation
import TestSupport
import Testing

/// The rules for scenarios, the same for those from a file and for those that were made in code.
@Suite(.offThePool) struct ScenarioCheckTests {
    private static func server(_ more: String = "", work: String = #"{"distribution": "constant", "value": "1ms"}"#)
        -> String
    {
        #"{"name": "a", "count": 1, "work": \#(work)\#(more)}"#
    }

    @Test(arguments: [
        (#""duration": "10001h", "servers": [\#(server())]"#, "duration", "at most 10000h"),
        (#""duration": "0s", "servers": [\#(server())]"#, "duration", "more than 0"),
        (#""duration": "1s", "warmUp": "1s", "servers": [\#(server())]"#, "warmUp", "shorter than the scenario"),
        (#""discoveryDelay": "2562047h", "servers": [\#(server())]"#, "discoveryDelay", "from 0s to 10000h"),
        (#""network": {"latency": "2562047h"}, "servers": [\#(server())]"#, "network.latency", "10000h"),
        (
            #""clients": {"arrivals": {"process": "constant", "perSecond": 2e9}}, "servers": [\#(server())]"#,
            "clients.arrivals.perSecond", "from 0.000001 to 1000000"
        ),
        (
            #""clients": {"arrivals": {"process": "poisson", "perSecond": 1e-300}}, "servers": [\#(server())]"#,
            "clients.arrivals.perSecond", "from 0.000001"
        ),
        (
            #""clients": {"arrivals": {"process": "closed", "concurrency": 0}}, "servers": [\#(server())]"#,
            "clients.arrivals.concurrency", "from 1 to 1000000"
        ),
        (
            #""clients": {"keys": {"count": 9, "distribution": "zipf", "exponent": 1e400}}, "servers": [\#(server())]"#,
            "clients.keys.exponent", "to 1000000"
        ),
        (#""servers": [\#(server(#", "speed": 1e-300"#))]"#, "servers[0].speed", "from 0.000001"),
        (#""servers": [\#(server(#", "cores": 1e11"#))]"#, "servers[0].cores", "to 1000000"),
        (#""servers": [\#(server(#", "workers": -1"#))]"#, "servers[0].workers", "from 1 to 1000000"),
        (#""servers": [\#(server(#", "reportWindow": "0s""#))]"#, "servers[0].reportWindow", "more than 0"),
        (
            #""servers": [\#(server(#", "warmUp": {"from": 0, "duration": "2562047h"}"#))]"#,
            "servers[0].warmUp.duration",
            "10000h"
        ),
        (
            #""servers": [\#(server(#", "antagonist": {"calm": "1ns", "busy": "1s", "slowdown": 2}"#))]"#,
            "servers[0].antagonist.calm", "from 1ms to 10000h"
        ),
        (
            #""servers": [\#(server(#", "antagonist": {"schedule": [{"at": "1s", "slowdown": 1e9}]}"#))]"#,
            "servers[0].antagonist.schedule[0].slowdown", "to 1000000"
        ),
        (
            #""servers": [\#(server(#", "fault": {"kind": "failure", "status": 200}"#))]"#, "servers[0].fault.status",
            "from 400 to 999"
        ),
        (
            #""servers": [\#(server(work: #"{"distribution": "lognormal", "median": "1ms", "sigma": 11}"#))]"#,
            "servers[0].work.sigma", "to 10"
        ),
        (
            #""servers": [\#(server(work: #"{"distribution": "uniform", "from": "0s", "to": "2562047h"}"#))]"#,
            "servers[0].work.to", "10000h"
        ),
        (#""servers": [\#(server()), \#(server())]"#, "servers[1]", "two groups"),
        (
            #""servers": [{"name": "a", "count": 1000, "work": {"distribution": "constant", "value": "1ms"}}], "#
                + #""clients": {"count": 100000}"#,
            "servers", "pairs"
        ),
        (
            #""servers": [\#(server())], "timeline": [{"at": "2562047h", "crash": {"group": "a"}}]"#, "timeline[0].at",
            "10000h"
        ),
        (
            #""servers": [\#(server())], "timeline": [{"at": "1s", "slow": {"group": "a", "factor": 1e11}}]"#,
            "timeline[0].slow.factor", "to 1000000"
        ),
        (
            #""servers": [\#(server())], "timeline": [{"at": "1s", "crash": {"group": "a", "for": "0s"}}]"#,
            "timeline[0].crash.for", "more than 0"
        ),
        (
            #""servers": [\#(server())], "timeline": [{"at": "1s", "deploy": {"group": "a", "batch": 0}}]"#,
            "timeline[0].deploy.batch", "from 1"
        ),
        (
            #""servers": [\#(server())], "timeline": [{"at": "1s", "loseZone": {"zone": "z"}}]"#,
            "timeline[0].loseZone.zone", "nothing runs in a zone \"z\"; there are none"
        ),
        (#""servers": [\#(server(#", "priority": 1001"#))]"#, "servers[0].priority", "from 0 to 1000"),
        (#""servers": [\#(server(#", "metadata": {"": "v2"}"#))]"#, "servers[0].metadata", "must not be empty"),
        (
            #""clients": {"subset": {"metadata": {}}}, "servers": [\#(server())]"#, "clients.subset.metadata",
            "it must name"
        ),
        (
            #""servers": [\#(server())], "timeline": [{"at": "1s", "restartClients": {"count": 2}}]"#,
            "timeline[0].restartClients.count", "from 1 to 1"
        ),
        (
            #""servers": [\#(server())], "network": {"links": [{"from": "", "to": "b", "latency": "1s"}]}"#,
            "network.links[0].to", "nothing runs in a zone \"b\""
        ),
        (
            #""servers": [\#(server())], "clients": {"arrivals": {"process": "closed", "concurrency": 1}}, "#
                + #""timeline": [{"at": "1s", "rate": {"perSecond": 1}}]"#,
            "timeline[0].rate", "have no rate"
        ),
    ])
    func `what is out of range in a file is refused, with its line`(members: String, key: String, reason: String) {
        let error = #expect(throws: ScenarioError.self) {
            try Scenario(json: Array("{\n\n\(members)}".utf8), name: "test")
        }
        #expect(error?.line == 3)
        #expect(error?.key == key)
        #expect(error?.reason.contains(reason) == true, "\(error?.description ?? "")")
    }

    private static let plain = Scenario(name: "code", duration: .seconds(1), servers: [ServerGroup("a", count: 1)])

    private static let changes: [(key: String, change: @Sendable (inout Scenario) -> Void)] = [
        ("duration", { $0.duration = .seconds(Int64.max) }),
        ("duration", { $0.duration = .zero }),
        ("warmUp", { $0.warmUp = .seconds(-1) }),
        ("clients.count", { $0.clients.count = 0 }),
        ("clients.maximumCalls", { $0.clients.maximumCalls = -1 }),
        ("clients.zones[0]", { $0.clients.zones = [""] }),
        ("clients.arrivals.perSecond", { $0.clients.arrivals = .poisson(perSecond: .nan) }),
        ("clients.arrivals.perSecond", { $0.clients.arrivals = .constant(perSecond: .infinity) }),
        ("clients.keys.count", { $0.clients.keys = CallKeys(count: 0) }),
        ("servers[0].count", { $0.servers[0].count = -1 }),
        ("servers[0].queueLimit", { $0.servers[0].queueLimit = -1 }),
        ("servers[0].speed", { $0.servers[0].speed = 0 }),
        ("servers[0].work.value", { $0.servers[0].work = .constant(.milliseconds(-1)) }),
        ("servers[0].work.file", { $0.servers[0].work = .replay([]) }),
        ("servers[0]", { $0.servers[0].antagonist = .throttle(calm: .seconds(1), busy: .seconds(1), cores: 1) }),
        ("timeline[0].add.count", { $0.timeline = [.init(at: .zero, .add(group: "a", count: -1, over: .zero))] }),
        ("timeline[0].crash.count", { $0.timeline = [.init(at: .zero, .crash(.init("a", count: -1), for: nil))] }),
        ("timeline[0].crash.group", { $0.timeline = [.init(at: .zero, .crash(.init("b"), for: nil))] }),
        ("variants.x", { $0.variants = [.init("x", load: 0)] }),
        ("variants.x.loadBalancing.polizy", { $0.variants = [.init("x", [.init("loadBalancing.polizy", "random")])] }),
        ("mesh.retries.maximumAttempts", { $0.settings = [.init("retries.maximumAttempts", "-1")] }),
    ]

    @Test(arguments: changes.indices)
    func `what is made in code obeys the same rules`(index: Int) throws {
        let (key, change) = Self.changes[index]
        var scenario = Self.plain
        try scenario.check()
        change(&scenario)
        let error = #expect(throws: ScenarioError.self) { try scenario.check() }
        #expect(error?.key == key, "\(error?.description ?? "")")
        #expect(error?.line == nil)
        #expect(error?.file == "code")
        #expect(throws: try #require(error)) { try Simulation(scenario) }
    }

    @Test func `a variant that is not the scenario's is checked as well`() throws {
        let simulation = try Simulation(Self.plain)
        #expect(throws: ScenarioError.self) { try simulation.run(.policy("fastest")) }
        #expect(throws: ScenarioError.self) { try simulation.run(.init("x", load: 1001)) }
    }

    @Test(arguments: [nil, 0.000001])
    func `the largest and smallest numbers are lived through`(cores: Double?) throws {
        let longest = Duration.seconds(36_000_000)
        var scenario = Scenario(
            name: "extreme",
            duration: longest,
            clients: ClientFleet(
                arrivals: .constant(perSecond: 0.000001),
                keys: CallKeys(count: 10, popularity: .zipf(exponent: 1_000_000))
            ),
            servers: [
                ServerGroup(
                    "slow",
                    count: 2,
                    cores: cores,
                    work: .lognormal(median: longest, sigma: 10),
                    speed: 0.000001,
                    warmUp: WarmUp(from: .zero, over: longest),
                    antagonist: .schedule([.init(at: .zero, slowdown: 1_000_000)])
                ),
                ServerGroup(
                    "fast",
                    count: 2,
                    cores: cores,
                    work: .lognormal(median: .nanoseconds(1), sigma: 10),
                    speed: 1_000_000,
                    antagonist: .random(calm: longest, busy: longest, slowdown: 0.000001)
                ),
            ],
            network: Network(latency: longest),
            discoveryDelay: longest,
            settings: [.init("deadline.timeout", "2562047h"), .init("retries.maximumAttempts", "1")],
            timeline: [
                .init(at: .seconds(1), .slow(.init("slow"), factor: 1_000_000, for: nil)),
                .init(at: .seconds(1), .slow(.init("fast"), factor: 0.000001, for: longest)),
                .init(at: .seconds(2), .add(group: "slow", count: 1, over: longest)),
            ]
        )
        let far = try #require(try Simulation(scenario).run().first)
        #expect((35...36).contains(far.calls))
        #expect(far.unfinished == far.calls)
        scenario.network.latency = .zero
        let near = try #require(try Simulation(scenario).run().first)
        #expect((35...36).contains(near.calls))
        #expect(near.unfinished > 0)
        #expect(!SimulationReport(scenario, [near]).html().isEmpty)
    }

    @Test func `the shortest scenario has a report`() throws {
        let scenario = Scenario(
            name: "short",
            duration: .nanoseconds(1),
            clients: ClientFleet(arrivals: .constant(perSecond: 1_000_000)),
            servers: [ServerGroup("a", count: 1)],
            variants: [.init("a thousand times the calls", load: 1000)]
        )
        let result = try #require(try Simulation(scenario).run().first)
        #expect((0...2).contains(result.calls))
        #expect(result.latency(.nan) == result.latency(0))
        let report = SimulationReport(scenario, [result])
        #expect(!report.html().isEmpty && !report.json().isEmpty && !report.table().isEmpty)
    }
}

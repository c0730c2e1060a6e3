import MeshCore
import MeshSimulation
import Testing

@Suite struct ScenarioReadingTests {
    private static let server = #"{"name": "a", "count": 1, "work": {"distribution": "constant", "value": "1ms"}}"#

    private static let antagonist = #""antagonist": {"calm": "1s", "busy": "1s", "cores": 2}}]}"#

    @Test(arguments: [
        (#"{"servers": [], "durration": "1s"}"#, "durration", "did you mean \"duration\"?"),
        (#"{"duration": "1s"}"#, "", "\"servers\" is missing"),
        (#"{"servers": [], "duration": "60"}"#, "duration", "it has no unit"),
        (#"{"servers": [], "duration": 60}"#, "duration", "it must be a duration in quotes"),
        (#"{"servers": [{"name": "a", "count": 1.5, "work": {}}]}"#, "servers[0].count", "it must be a whole number"),
        (
            #"{"servers": [{"name": "a", "count": 1, "work": {"distribution": "normal", "mean": "1ms"}}]}"#,
            "servers[0].work", "takes \"deviation\" and \"mean\""
        ),
        (
            #"{"servers": [], "mesh": {"retries": {"maximumAtempts": 1}}}"#, "mesh.retries.maximumAtempts",
            "did you mean"
        ),
        (
            #"{"servers": [], "mesh": {"loadBalancing": {"policy": "peak_ewmb"}}}"#, "mesh.loadBalancing.policy",
            "did you mean"
        ),
        (#"{"servers": [], "timeline": [{"at": "1s"}]}"#, "timeline[0]", "what happens is missing"),
        (
            #"{"timeline": [{"at": "1s", "slow": {"group": "b", "factor": 2}}], "servers": [\#(server)]}"#,
            "timeline[0].slow.group", "there is no group \"b\"; there are \"a\""
        ),
        (
            #"{"servers": [\#(server)], "clients": {"arrivals": {"process": "closed", "perSecond": 1}}}"#,
            "clients.arrivals", "\"closed\" takes \"concurrency\""
        ),
        (
            #"{"servers": [\#(server)], "clients": {"keys": {"count": 9, "exponent": 1}}}"#, "clients.keys",
            "\"zipf\" takes \"exponent\""
        ),
        (#"{"servers": [\#(server)], "clients": {"keys": {"count": 0}}}"#, "clients.keys.count", "from 1 to 1000000"),
        (
            #"{"servers": [{"name": "a", "count": 1, "work": {"distribution": "constant", "value": "1ms"}, "#
                + antagonist,
            "servers[0]", "needs the server's own \"cores\""
        ),
        (#"{"servers": [{"name": "a", "count": 1, "probes": "all"}]}"#, "servers[0].probes", "\"on_responses\""),
        (
            #"{"servers": [], "mesh": {"loadBalancing": {"prequal": {"probeRate": 101}}}}"#,
            "mesh.loadBalancing.prequal.probeRate", "it must be a number, 0 to 100"
        ),
        (
            #"{"servers": [], "mesh": {"loadBalancing": {"prequal": {"probRate": 1}}}}"#,
            "mesh.loadBalancing.prequal.probRate", "did you mean \"loadBalancing.prequal.probeRate\"?"
        ),
        (
            #"{"servers": [], "mesh": {"loadBalancing": {"prequal": {"poolSize": "1"}}}}"#,
            "mesh.loadBalancing.prequal.poolSize", "2 to 256"
        ),
        (
            #"{"servers": [], "mesh": {"loadBalancing": {"clientSideWeightedRoundRobin": {"expirationPeriod": "0s"}}}}"#,
            "mesh.loadBalancing.clientSideWeightedRoundRobin.expirationPeriod", "more than 0"
        ),
        (#"{"servers": [], "mesh": {"localities": "zone_awar"}}"#, "mesh.localities", "did you mean \"zone_aware\"?"),
    ])
    func `what is wrong is named by line, key and reason`(json: String, key: String, reason: String) {
        let error = #expect(throws: ScenarioError.self) {
            try Scenario(json: Array("\n\(json)".utf8), name: "test")
        }
        #expect(error?.line == 2)
        #expect(error?.key == key)
        #expect(error?.reason.contains(reason) == true, "\(error?.description ?? "")")
    }

    @Test func `an error shows nothing that a terminal obeys`() {
        let error = ScenarioError(file: "a.json", line: 2, key: "servers[0].\u{1B}[2J", reason: "unknown\n")
        #expect(error.description == #"a.json:2: servers[0].\u{1B}[2J: unknown\n"#)
    }

    @Test func `a scenario means what it says`() throws {
        let json = """
            {
              "duration": "90s", "warmUp": "1s", "seed": 9, "discoveryDelay": "250ms",
              "clients": {"count": 3, "zones": ["a"], "arrivals": {"process": "poisson", "perSecond": 12.5},
                "keys": {"count": 50, "distribution": "zipf", "exponent": 1.1},
                "subset": {"metadata": {"version": "v2"}, "share": "5%"}},
              "servers": [{
                "name": "web", "count": 2, "priority": 1, "metadata": {"version": "v2"}, "workers": 4, "cores": 2.5, "queueLimit": 7, "weight": 3, "speed": 2, "zones": ["a", "b"],
                "work": {"distribution": "bimodal", "fast": "1ms", "slow": "10ms", "slowShare": "5%"},
                "warmUp": {"from": "20%", "duration": "5s"}, "abandoned": "dropped",
                "probes": "on_responses", "reportWindow": "500ms",
                "antagonist": {"calm": "2s", "busy": "1s", "slowdown": 3},
                "fault": {"kind": "failure", "status": 503, "after": "1ms", "share": 0.1}
              }],
              "network": {"latency": "1ms", "links": [{"from": "a", "to": "b", "latency": "2ms"}]},
              "mesh": {"retries": {"maximumAttempts": 2}},
              "variants": {"x": {"loadBalancing": {"policy": "random"}}},
              "timeline": [
                {"at": "3s", "crash": {"group": "web", "count": 1, "for": "2s"}},
                {"at": "4s", "restartClients": {"count": 2, "over": "1s"}}, {"at": "5s", "restartClients": {}}
              ]
            }
            """
        let scenario = try Scenario(json: Array(json.utf8), name: "test")
        #expect(
            scenario
                == Scenario(
                    name: "test",
                    duration: .seconds(90),
                    warmUp: .seconds(1),
                    seed: 9,
                    clients: ClientFleet(
                        count: 3,
                        zones: ["a"],
                        arrivals: .poisson(perSecond: 12.5),
                        keys: CallKeys(count: 50, popularity: .zipf(exponent: 1.1)),
                        subset: CallSubset(["version": "v2"], share: 0.05)
                    ),
                    servers: [
                        ServerGroup(
                            "web",
                            count: 2,
                            workers: 4,
                            cores: 2.5,
                            queueLimit: 7,
                            work: .bimodal(fast: .milliseconds(1), slow: .milliseconds(10), slowShare: 0.05),
                            speed: 2,
                            zones: ["a", "b"],
                            weight: 3,
                            priority: 1,
                            metadata: ["version": "v2"],
                            warmUp: WarmUp(from: 0.2, over: .seconds(5)),
                            antagonist: .random(calm: .seconds(2), busy: .seconds(1), slowdown: 3),
                            fault: ServerFault(.failure(status: 503, after: .milliseconds(1)), share: 0.1),
                            abandoned: .dropped,
                            probes: .onResponses,
                            reportWindow: .milliseconds(500)
                        )
                    ],
                    network: Network(
                        latency: .milliseconds(1),
                        links: [.init(from: "a", to: "b", latency: .milliseconds(2))]
                    ),
                    discoveryDelay: .milliseconds(250),
                    settings: [.init("retries.maximumAttempts", "2")],
                    variants: [.init("x", [.init("loadBalancing.policy", "random")])],
                    timeline: [
                        TimelineEvent(at: .seconds(3), .crash(.init("web", count: 1), for: .seconds(2))),
                        TimelineEvent(at: .seconds(4), .restartClients(count: 2, over: .seconds(1))),
                        TimelineEvent(at: .seconds(5), .restartClients(count: nil, over: .zero)),
                    ]
                )
        )
    }
}

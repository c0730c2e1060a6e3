#if Configuration
import Configuration
import Foundation
import MeshAdmission
import MeshCircuitBreaking
import MeshCore
import MeshDiscovery
import MeshHTTP
import MeshLoadBalancing
import MeshRetries
import Testing

@testable import ServiceMesh

/// The least that is a configuration.
private let least = ["MESH_SERVICES": "users", "MESH_SERVICE_USERS_TARGET": "static:///10.0.0.1:80"]

private func problems(
    _ body: () throws -> MeshConfiguration,
    _ location: SourceLocation = #_sourceLocation
) throws -> [MeshConfigurationError.Problem] {
    let error = #expect(throws: MeshConfigurationError.self, sourceLocation: location) { _ = try body() }
    return error?.problems ?? []
}

private func problems(
    adding variables: [String: String],
    _ location: SourceLocation = #_sourceLocation
) throws -> [MeshConfigurationError.Problem] {
    try problems({ try MeshConfiguration(environment: least.merging(variables) { $1 }) }, location)
}

private func problems(
    json: String,
    _ location: SourceLocation = #_sourceLocation
) throws -> [MeshConfigurationError.Problem] {
    try problems({ try MeshConfiguration(json: json.utf8, name: "mesh.json") }, location)
}

/// Services with `users` in it, which has these members more.
private func document(_ members: String, mesh: String = "") -> String {
    """
    {"log": {"level": "info"},
     "mesh": {\(mesh) "services": ["users"],
              "service": {"users": {"target": "static:///10.0.0.1:80" \(members.isEmpty ? "" : ", " + members)}}}}
    """
}

/// A JSON document with one value at a path.
private func json(_ path: [String], _ value: String) -> String {
    path.reversed().reduce(value) { "{\"\($1)\": \($0)}" }
}

struct ConfigurationReadingTests {
    @Test func `a service has the defaults of its type`() throws {
        let read = try MeshConfiguration(environment: least)
        let target = try Target("static:///10.0.0.1:80")
        #expect(read == MeshConfiguration(services: ["users": ServiceConfiguration(target: target)]))
    }

    @Test(arguments: ServiceSetting.shared.map(\.path))
    func `each key reads from the environment, from JSON, and for all services`(path: String) throws {
        let setting = try #require(ServiceSetting.all.first { $0.path == path })
        var draft = ServiceDraft()
        var others: [ServiceSetting] = []
        if let requirement = setting.requirement {
            #expect(!requirement.holds(draft) || requirement.path == "loadBalancing.policy")
            let other = try #require(ServiceSetting.all.first { $0.path == requirement.path })
            try other.read(.scalar(requirement.example), &draft)
            #expect(requirement.holds(draft))
            others = [other]
        }
        let variables = others.reduce(into: least) { variables, other in
            variables[EnvironmentName.encoded(["mesh", "service", "users"] + other.components)] =
                setting.requirement?.example
        }
        let target = try Target("static:///10.0.0.1:80")
        let without = draft.configuration(target: target)
        try setting.read(.scalar(setting.example), &draft)
        let expected = draft.configuration(target: target)
        #expect(expected != without, "the example is the default")

        let own = EnvironmentName.encoded(["mesh", "service", "users"] + setting.components)
        let all = EnvironmentName.encoded(["mesh", "defaults"] + setting.components)
        for name in [own, all] {
            let read = try MeshConfiguration(environment: variables.merging([name: setting.example]) { $1 })
            #expect(read.services["users"] == expected, "\(name)")
        }

        let value = setting.jsonExample
        let file = document(String(json(setting.components, value).dropFirst().dropLast()))
        let read = try MeshConfiguration(
            json: file.utf8,
            name: "mesh.json",
            overriddenBy: others.isEmpty
                ? [:] : variables.filter { !$0.key.hasSuffix("TARGET") && $0.key != "MESH_SERVICES" }
        )
        #expect(read.services["users"] == expected, "\(file)")

        // Where it has no effect it is refused.
        guard setting.requirement != nil, setting.requirement?.example != "peak_ewma" else { return }
        let found = try problems {
            try MeshConfiguration(environment: least.merging([own: setting.example]) { $1 })
        }
        #expect(found.first?.reason.hasPrefix("it has no effect, because ") == true, "\(found)")
    }

    @Test func `the place among the instances is given or found`() throws {
        let given = ["MESH_INSTANCE_INDEX": "3", "MESH_INSTANCE_COUNT": "10"]
        let found = ["MESH_INSTANCE_ADDRESS": "10.0.0.7:80", "MESH_INSTANCE_PEERS": "dns:///orders.prod:80"]
        func read(_ variables: [String: String]) throws -> InstancePlace? {
            try MeshConfiguration(environment: least.merging(variables) { $1 }).instance
        }
        #expect(try read([:]) == nil)
        #expect(try read(given) == .fixed(try ProcessCoordinate(instance: 3, of: 10)))
        let target = try Target("dns:///orders.prod:80")
        #expect(try read(found) == .discovered(try Address("10.0.0.7:80"), among: target))
        let file = #"{"mesh": {"services": [], "instance": {"index": 0, "count": 1}}}"#
        let instance = try MeshConfiguration(json: file.utf8, name: "mesh.json").instance
        #expect(instance == .fixed(try ProcessCoordinate(instance: 0, of: 1)))
    }

    @Test(arguments: [
        (["INDEX": "3"], "mesh.instance.count", "it is missing beside mesh.instance.index"),
        (["COUNT": "3"], "mesh.instance.index", "it is missing beside mesh.instance.count"),
        (["INDEX": "3", "COUNT": "3"], "mesh.instance.index", "there is no instance 3 among 3"),
        (["INDEX": "-1", "COUNT": "3"], "mesh.instance.index", "it must be a whole number"),
        (["ADDRESS": "10.0.0.7:80"], "mesh.instance.peers", "it is missing beside mesh.instance.address"),
        (["ADDRESS": "ten", "PEERS": "dns:///a:80"], "mesh.instance.address", "it is not an address"),
        (["ADDRESS": "10.0.0.7:80", "PEERS": "?"], "mesh.instance.peers", "it is not a target"),
        (
            ["INDEX": "1", "COUNT": "3", "ADDRESS": "10.0.0.7:80", "PEERS": "dns:///a:80"], "mesh.instance.index",
            "it excludes mesh.instance.address"
        ),
    ])
    func `a place that cannot be is refused`(variables: [String: String], key: String, reason: String) throws {
        let named = Dictionary(uniqueKeysWithValues: variables.map { ("MESH_INSTANCE_" + $0, $1) })
        let found = try problems(adding: named)
        #expect(found.count == 1, "\(found)")
        #expect(found.first?.key == key)
        #expect(found.first?.reason.hasPrefix(reason) == true, "\(found)")
    }

    @Test(arguments: [
        ("eu/eu-1a", "not a locality and its weight"), ("eu=1", "not a region and a zone"), ("eu/eu-1a=-1", "weight"),
        ("eu/eu-1a=1,eu/eu-1a=2", "twice"), ("eu/eu-1a=0", "all weights are 0"),
    ])
    func `weights of localities that make no sense are refused`(value: String, reason: String) throws {
        let found = try problems(adding: ["MESH_SERVICE_USERS_LOCALITY_WEIGHTS": value])
        #expect(found.count == 1 && found.first?.reason.contains(reason) == true, "\(found)")
    }

    @Test func `weights of localities and zone-aware routing exclude each other`() throws {
        let found = try problems(adding: [
            "MESH_SERVICE_USERS_LOCALITY_WEIGHTS": "eu/eu-1a=1", "MESH_SERVICE_USERS_ZONE_AWARE_ZONE": "eu/eu-1a",
        ])
        #expect(found.first?.reason.hasPrefix("it excludes") == true, "\(found)")
    }

    @Test(arguments: ServiceSetting.shared.map(\.path))
    func `the default of each key reads back`(path: String) throws {
        let setting = try #require(ServiceSetting.all.first { $0.path == path })
        var draft = ServiceDraft()
        try setting.read(.scalar(setting.standard), &draft)
        let target = try Target("static:///10.0.0.1:80")
        #expect(draft.configuration(target: target) == ServiceDraft().configuration(target: target))
    }

    @Test func `a service wins over the defaults, and the environment over the file`() throws {
        let file = document(
            #""deadline": {"timeout": "2s"}"#,
            mesh: #""drainTimeout": "5s", "defaults": {"deadline": {"timeout": "9s"}, "panicThreshold": 0.1},"#
        )
        let read = try MeshConfiguration(
            json: file.utf8,
            name: "mesh.json",
            overriddenBy: ["MESH_SERVICE_USERS_RETRIES_MAXIMUM_ATTEMPTS": "7", "MESH_DRAIN_TIMEOUT": "1m", "PATH": "/"]
        )
        let users = try #require(read.services["users"])
        #expect(users.deadline.timeout == .seconds(2))
        #expect(users.routing.panicThreshold == 0.1)
        #expect(users.retries.maximumAttempts == 7)
        #expect(read.drainTimeout == .seconds(60))
    }

    @Test func `any provider will do`() throws {
        let values: [AbsoluteConfigKey: ConfigValue] = [
            AbsoluteConfigKey(["mesh", "services"]): ConfigValue(.stringArray(["a.b-c"]), isSecret: false),
            AbsoluteConfigKey(["mesh", "service", "a.b-c", "target"]): "dns:///a:80",
            AbsoluteConfigKey(["mesh", "service", "a.b-c", "http", "failures"]):
                ConfigValue(.intArray([500, 502]), isSecret: false),
            AbsoluteConfigKey(["mesh", "service", "a.b-c", "panicThreshold"]): 0.25,
        ]
        let memory = InMemoryProvider(values: values)
        let variables = EnvironmentVariablesProvider(environmentVariables: [
            "MESH_SERVICE_A_B_C_RETRIES_MAXIMUM_ATTEMPTS": "2"
        ])
        let read = try MeshConfiguration(config: ConfigReader(providers: [variables, memory]))
        let service = try #require(read.services["a.b-c"])
        #expect(service.http.failures == [500, 502])
        #expect(service.routing.panicThreshold == 0.25)
        #expect(service.retries.maximumAttempts == 2)
    }

    @Test func `swift-configuration writes variables as we do`() throws {
        for setting in ServiceSetting.all {
            let key = ["mesh", "service", "userAPI.v2-x"] + setting.components
            let provider = EnvironmentVariablesProvider(environmentVariables: [EnvironmentName.encoded(key): "x"])
            #expect(ConfigReader(provider: provider).string(forKey: ConfigKey(key)) == "x")
        }
    }

    @Test func `no services is a list without elements, not a list that is missing`() throws {
        #expect(try MeshConfiguration(environment: ["MESH_SERVICES": ""]).services.isEmpty)
        #expect(try MeshConfiguration(json: #"{"mesh": {"services": []}}"#.utf8, name: "f").services.isEmpty)
        let found = try problems { try MeshConfiguration(environment: [:]) }
        #expect(found.map(\.key) == ["mesh.services"])
    }

    @Test func `a file is read, and a missing one named`() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "mesh-\(UUID()).json").path()
        try Data(document("").utf8).write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(try MeshConfiguration(jsonFile: path).services.count == 1)
        let found = try problems { try MeshConfiguration(jsonFile: path + ".no") }
        #expect(found.first?.source == path + ".no")
    }
}

struct ConfigurationErrorTests {
    static let badValues: [(key: String, value: String, reason: String)] = [
        ("deadline.timeout", "250", "has no unit"),
        ("deadline.timeout", "5 sec", "\" sec\" is not a unit; units are ns, us, ms, s, m, h"),
        ("deadline.timeout", "5sec", "\"sec\" is not a unit"),
        ("deadline.timeout", "-5s", "negative"),
        ("deadline.timeout", "", "empty"),
        ("deadline.timeout", "soon", "not a duration"),
        ("deadline.timeout", "30s1m", "from large to small"),
        ("deadline.timeout", "0.1ns", "finer than a nanosecond"),
        ("deadline.timeout", "9999999999h", "too long"),
        ("deadline.timeout", "1.s", "digits are missing"),
        ("retries.perAttemptTimeout", "0s", "more than 0"),
        ("retries.perAttemptTimeout", "off", "\"none\" is allowed"),
        ("retries.maximumAttempts", "0", "1 or more"),
        ("retries.maximumAttempts", "2.5", "whole number"),
        ("retries.maximumAttempts", "true", "whole number"),
        ("retries.backoff.base", "0ms", "more than 0"),
        ("retries.backoff.base", "1s", "retries.backoff.maximum, which is \"250ms\" by default"),
        ("retries.backoff.maximum", "1ms", "retries.backoff.base, which is \"25ms\" by default"),
        ("retries.backoff.factor", "0.5", "1 or more"),
        ("retries.backoff.factor", "inf", "1 or more"),
        ("retries.backoff.jitter", "equl", "did you mean \"equal\""),
        ("retries.budget.ratio", "20", "write \"20%\""),
        ("retries.budget.ratio", "120%", "between 0 and 1"),
        ("retries.budget.ratio", "nan", "not a fraction"),
        ("retries.budget.ratio", "0.0000001", "less than a millionth"),
        ("retries.budget.minimumPerSecond", "1000001", "0 to 1000000"),
        ("retries.budget.window", "2h", "between 1ms and 1h"),
        ("circuitBreaking.consecutiveFailures", "0", "1 or more; \"none\" is allowed"),
        ("circuitBreaking.successRate", "1.5", "between 0 and 1"),
        ("circuitBreaking.window", "0s", "more than 0"),
        ("circuitBreaking.window", "5ns", "circuitBreaking.windowBuckets, which is \"10\" by default"),
        ("circuitBreaking.windowBuckets", "0", "1 to 1000"),
        ("circuitBreaking.minimumVolume", "0", "1 or more"),
        ("circuitBreaking.probeTimeout", "0s", "more than 0"),
        ("circuitBreaking.recovery", "-1s", "negative"),
        ("circuitBreaking.ejection.base", "10m", "which is \"5m\" by default"),
        ("loadBalancing.policy", "round_robin", "peak_ewma, least_request, weighted_round_robin, random"),
        ("loadBalancing.peakEWMA.decay", "0s", "more than 0"),
        ("stabilization.emptyAnswer", "keep", "keep_last_good, accept"),
        ("stabilization.removalGrace", "10", "has no unit"),
        ("http.failures", "5xx", "\"5xx\" is not a status code"),
        ("http.failures", "200,500", "\"200\" is not a status code from 400 to 999"),
        ("http.retryable", "399-500", "\"399-500\" is not a status code from 400 to 999"),
        ("http.failures", "500,,502", "empty element"),
        ("http.retryable", "599-500", "not a status code"),
        ("http.idempotentMethods", "get", "write \"GET\""),
        ("http.idempotentMethods", "GE T", "not an HTTP method"),
        ("http.idempotencyKeyHeader", "Idempotency Key", "not the name of an HTTP header"),
        ("target", "10.0.0.1:80", "is not a target"),
    ]

    @Test(arguments: badValues)
    func `a bad value is named with its key, its place and the reason`(
        _ bad: (key: String, value: String, reason: String)
    ) throws {
        let key = ["mesh", "service", "users"] + bad.key.split(separator: ".").map(String.init)
        let variable = EnvironmentName.encoded(key)
        let found = try problems(adding: [variable: bad.value])
        #expect(found.count == 1)
        let problem = try #require(found.first)
        #expect(problem.key == key.joined(separator: "."))
        #expect(problem.value == bad.value)
        #expect(problem.source == "environment variable \(variable)")
        #expect(problem.reason.contains(bad.reason), "\(problem.reason)")
        #expect(problem.description.contains("\"\(bad.value)\""))
    }

    @Test(arguments: [
        (["deadline", "timeout"], "250", "250", "has no unit"),
        (["deadline", "timeout"], "[\"1s\"]", "1s", "is a list"),
        (["retries", "budget", "ratio"], "\"20\"", "20", "20%"),
        (["retries", "maximumAttempts"], "1.5", "1.5", "whole number"),
        (["retries", "maximumAttempts"], "true", "true", "whole number"),
        (["http", "failures"], "[500, 42]", "500,42", "\"42\""),
    ])
    func `a bad value of a document is named as well`(
        _ path: [String],
        _ value: String,
        _ text: String,
        _ reason: String
    ) throws {
        let found = try problems(json: document(String(json(path, value).dropFirst().dropLast())))
        #expect(found.map(\.key) == [(["mesh", "service", "users"] + path).joined(separator: ".")])
        #expect(found.first?.value == text)
        #expect(found.first?.source == "mesh.json")
        #expect(found.first?.reason.contains(reason) == true)
    }

    @Test(arguments: [
        ("MESH_SERVICE_USERS_DEADLINE_TIMOUT", "MESH_SERVICE_USERS_DEADLINE_TIMEOUT"),
        ("MESH_SERVICE_USERS_TIMEOUT", "MESH_SERVICE_USERS_DEADLINE_TIMEOUT"),
        ("MESH_DRAINTIMEOUT", "MESH_DRAIN_TIMEOUT"),
        ("MESH_DEFAULT_PANIC_THRESHOLD", "MESH_DEFAULTS_PANIC_THRESHOLD"),
        ("mesh_drain_timeout", "MESH_DRAIN_TIMEOUT"),
        ("MESH_SERVICE_USER_TARGET", "MESH_SERVICE_USERS_TARGET"),
        ("MESH_WHATEVER", nil),
    ])
    func `an unknown variable is an error with a hint`(_ name: String, _ hint: String?) throws {
        let found = try problems(adding: [name: "secret"])
        #expect(found.map(\.key) == [name])
        #expect(found.first?.suggestion == hint)
        #expect(found.first?.description.contains("secret") == false)
    }

    @Test(arguments: [
        "MESH_SERVICE_HOST", "MESH_SERVICE_PORT", "MESH_SERVICE_PORT_HTTP", "MESH_PORT", "MESH_PORT_80_TCP",
        "MESH_PORT_80_TCP_ADDR", "MESH_GATEWAY_SERVICE_HOST", "MESH_GATEWAY_PORT_53_UDP_PROTO", "MESHED", "SERVICE",
    ])
    func `variables of Kubernetes and of others are left alone`(_ name: String) throws {
        #expect(try MeshConfiguration(environment: least.merging([name: "x"]) { $1 }).services.count == 1)
    }

    @Test func `a variable of a service that is not listed says so`() throws {
        let found = try problems(adding: ["MESH_SERVICE_PAYMENTS_TARGET": "dns:///p:80"])
        #expect(found.map(\.reason) == ["mesh.services does not list the service \"PAYMENTS\"; it lists users"])
    }

    @Test(arguments: [
        (#""deadline": {"timeot": "1s"}"#, "deadline.timeot", "deadline.timeout"),
        (#""timeout": "1s""#, "timeout", "deadline.timeout"),
        (#""deadlines": {"timeout": "1s"}"#, "deadlines", "deadline"),
        (#""retries": {"budgets": {"ratio": 0.1, "window": "1s"}}"#, "retries.budgets", "retries.budget"),
        (#""colour": "red""#, "colour", nil),
    ])
    func `an unknown member is an error with a hint`(_ member: String, _ key: String, _ hint: String?) throws {
        let found = try problems(json: document(member))
        #expect(found.map(\.key) == ["mesh.service.users." + key])
        #expect(found.first?.suggestion == hint.map { "mesh.service.users." + $0 })
        #expect(found.first?.source == "mesh.json")
    }

    @Test(arguments: [
        (#"{"mesh": {"services": []}, "mesh.drainTimeout": "1s"}"#, "mesh.drainTimeout", "nested"),
        (#"{"mesh": {"services": []}, "Mesh": {"drainTimeout": "1s"}}"#, "Mesh", "no such key"),
        (#"{"mesh": {"services": [], "drainTimeout": null}}"#, "mesh.drainTimeout", "null"),
        (#"{"mesh": {"services": [], "drainTimeout": {"s": 1}}}"#, "mesh.drainTimeout", "not an object"),
        (#"{"mesh": {"services": [], "defaults": {"deadline": "1s"}}}"#, "mesh.defaults.deadline", "group"),
        (#"{"mesh": {"services": [], "defaults": {"target": "dns:///a:1"}}}"#, "mesh.defaults.target", "own target"),
        (#"{"mesh": {"services": [], "service": {"a": {"target": "dns:///a:1"}}}}"#, "mesh.service.a", "lists none"),
        (#"{"mesh": {"services": [1.5]}}"#, "mesh.services", "list"),
        (#"{"mesh": "#, "", "line 1, column 10 in mesh: the file ends where a value should come"),
        (
            #"{"mesh": {"services": [], "services": ["a"]}}"#, "",
            "line 1, column 27 in mesh: \"services\" appears twice"
        ),
        (#"{"mesh": {"services": [],}}"#, "", "line 1, column 26 in mesh: expected the name of a member"),
        (#"{"mesh": {"services": [01]}}"#, "", "line 1, column 24 in mesh.services[0]: expected a number"),
        (#"{"mesh": {"services": []}, "log": [nul]}"#, "", "in log[0]: expected true, false or null"),
        (#"{"mesh": {"services": []}} {}"#, "", "expected the end of the file"),
        (#"{"mesh": {"services": []}, "log": 1e999}"#, "", "in log: the number is too large"),
        (#"{"a": "# + String(repeating: "[", count: 100_000), "", "nested deeper than 64 levels"),
        ("[]", "", "not a JSON object"),
    ])
    func `a document of the wrong shape is an error`(_ text: String, _ key: String, _ reason: String) throws {
        let found = try problems(json: text)
        #expect(found.contains { $0.key == key && $0.reason.contains(reason) && $0.source == "mesh.json" }, "\(found)")
    }

    @Test(arguments: [
        ("users,users", "appears twice"), ("users,", "empty element"), ("users,a b", "white space"),
        ("users,a.b,a-b", "both MESH_SERVICE_A_B_"),
    ])
    func `a bad list of services is an error`(_ list: String, _ reason: String) throws {
        let found = try problems(adding: ["MESH_SERVICES": list])
        #expect(found.contains { $0.key == "mesh.services" && $0.value == list && $0.reason.contains(reason) })
    }

    @Test func `a service needs a target`() throws {
        let found = try problems { try MeshConfiguration(environment: ["MESH_SERVICES": "users"]) }
        #expect(found.map(\.key) == ["mesh.service.users.target"])
        #expect(found.first?.reason.contains("MESH_SERVICE_USERS_TARGET") == true)
    }

    @Test(arguments: [
        ("random", "PEAK_EWMA_DECAY", "1s", "peakEWMA.decay"),
        ("peak_ewma", "RING_HASH_BALANCE_FACTOR", "125", "ringHash.balanceFactor"),
        ("maglev", "RING_HASH_MINIMUM_RING_SIZE", "2048", "ringHash.minimumRingSize"),
        ("least_request", "PREQUAL_PROBE_PATH", "/load", "prequal.probePath"),
        (
            "weighted_round_robin", "CLIENT_SIDE_WEIGHTED_ROUND_ROBIN_ERROR_PENALTY", "2",
            "clientSideWeightedRoundRobin.errorPenalty"
        ),
    ])
    func `a setting of a policy that is not chosen is an error`(
        _ policy: String,
        _ variable: String,
        _ value: String,
        _ key: String
    ) throws {
        let found = try problems(adding: [
            "MESH_SERVICE_USERS_LOAD_BALANCING_POLICY": policy,
            "MESH_SERVICE_USERS_LOAD_BALANCING_\(variable)": value,
        ])
        #expect(found.map(\.key) == ["mesh.service.users.loadBalancing.\(key)"])
    }

    @Test func `of two values that do not go together the service's is to blame`() throws {
        let found = try problems(adding: [
            "MESH_DEFAULTS_RETRIES_BACKOFF_MAXIMUM": "100ms", "MESH_SERVICE_USERS_RETRIES_BACKOFF_BASE": "200ms",
        ])
        #expect(found.map(\.key) == ["mesh.service.users.retries.backoff.base"])
        #expect(found.first?.reason.contains("mesh.defaults.retries.backoff.maximum, which is \"100ms\"") == true)
    }

    @Test func `a fault of the defaults is one problem, however many services there are`() throws {
        let found = try problems(adding: [
            "MESH_SERVICES": "users,orders", "MESH_SERVICE_ORDERS_TARGET": "dns:///o:80",
            "MESH_DEFAULTS_RETRIES_BACKOFF_BASE": "1s",
        ])
        #expect(found.map(\.key) == ["mesh.defaults.retries.backoff.base"])
    }

    @Test func `all problems are told at once`() throws {
        let file = #"""
            {"mesh": {"services": ["users", "orders"], "drainTimeout": "30",
                      "defaults": {"panicThreshold": "half"},
                      "service": {"users": {"target": "nowhere", "retrys": {"maximumAttempts": 2}},
                                  "order": {"target": "dns:///orders:80"}}}}
            """#
        let found = try problems(json: file)
        #expect(
            found.map(\.key) == [
                "mesh.defaults.panicThreshold", "mesh.drainTimeout", "mesh.service.order", "mesh.service.orders.target",
                "mesh.service.users.retrys", "mesh.service.users.target",
            ]
        )
        let text = MeshConfigurationError(problems: found).description
        #expect(text.split(separator: "\n").count == 7)
        #expect(text.hasPrefix("The configuration of the mesh has 6 problems:\n"))
        #expect(text.contains("mesh.drainTimeout = \"30\" (mesh.json): it has no unit"))
    }

    @Test func `a provider that fails is not taken for a missing value`() throws {
        let found = try problems { try MeshConfiguration(config: ConfigReader(provider: BrokenProvider())) }
        #expect(found.contains { $0.key == "mesh.services" && $0.reason.contains("the vault is sealed") })
    }
}

struct DurationTextTests {
    @Test(arguments: [
        ("250ms", Duration.milliseconds(250)), ("5s", .seconds(5)), ("1m30s", .seconds(90)),
        ("1.5s", .milliseconds(1500)),
        ("2h", .seconds(7200)), ("10us", .microseconds(10)), ("7ns", .nanoseconds(7)), ("0s", .zero),
        ("1h2m3s4ms5us6ns", .nanoseconds(3_723_004_005_006)), ("0.000000001s", .nanoseconds(1)),
    ])
    func `a duration is read exactly`(_ text: String, _ duration: Duration) throws {
        #expect(try DurationText.parse(text) == duration)
        #expect(try DurationText.parse(DurationText.text(duration)) == duration)
    }
}

private struct Sealed: Error, CustomStringConvertible {
    var description: String { "the vault is sealed" }
}

private struct BrokenProvider: ConfigProvider, ConfigSnapshot {
    var providerName: String { "broken" }

    func value(forKey key: AbsoluteConfigKey, type: ConfigType) throws -> LookupResult { throw Sealed() }

    func fetchValue(forKey key: AbsoluteConfigKey, type: ConfigType) async throws -> LookupResult { throw Sealed() }

    func watchValue<Return: ~Copyable>(
        forKey key: AbsoluteConfigKey,
        type: ConfigType,
        updatesHandler: (_ updates: ConfigUpdatesAsyncSequence<Result<LookupResult, any Error>, Never>) async throws ->
            Return
    ) async throws -> Return { throw Sealed() }

    func snapshot() -> any ConfigSnapshot { self }

    func watchSnapshot<Return: ~Copyable>(
        updatesHandler: (_ updates: ConfigUpdatesAsyncSequence<any ConfigSnapshot, Never>) async throws -> Return
    ) async throws -> Return { throw Sealed() }
}
#endif

import MeshCore
import ServiceMesh

extension Scenario {
    /// Reads a scenario from a JSON file; the format is in `docs/guides/simulation.md`.
    ///
    /// Reads files once and blocks meanwhile. A file that is named in it, such as one with recorded latencies, is looked for
    /// beside it.
    ///
    /// - Throws: ``ScenarioError`` with the line, the key and the reason.
    public init(contentsOfFile path: String) throws(ScenarioError) {
        let bytes: [UInt8]
        switch TextFile.read(path) {
        case .success(let content): bytes = content
        case .failure(let failure): throw ScenarioError(file: path, key: "", reason: failure.reason)
        }
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
        var name = String(path.dropFirst(folder.count))
        if let point = name.lastIndex(of: "."), point > name.startIndex { name = String(name[..<point]) }
        try self.init(json: bytes, name: name, file: path, folder: folder)
    }

    /// Reads a scenario from JSON.
    ///
    /// - Parameters:
    ///   - json: The document, in UTF-8.
    ///   - name: What the scenario is called, also in errors.
    /// - Throws: ``ScenarioError`` with the line, the key and the reason.
    public init(json: [UInt8], name: String) throws(ScenarioError) {
        try self.init(json: json, name: name, file: name, folder: "")
    }

    private init(json: [UInt8], name: String, file: String, folder: String) throws(ScenarioError) {
        var reading = ScenarioReading(folder: folder)
        do throws(DocumentError) {
            self = try reading.scenario(json, name: name)
        } catch {
            var key = ""
            for element in error.path {
                switch element {
                case .member(let name): key += key.isEmpty ? name : ".\(name)"
                case .element(let index): key += "[\(index)]"
                }
            }
            throw ScenarioError(file: file, line: error.line, key: key, reason: error.reason)
        }
    }
}

/// Reads a scenario, and afterwards checks the names in it against each other.
struct ScenarioReading {
    let folder: String
    /// Names of groups, to be looked up when all groups are known.
    private var mentions: [(group: String, position: Int, path: [JSONReader.PathElement])] = []

    init(folder: String) {
        self.folder = folder
    }

    mutating func scenario(_ json: [UInt8], name: String) throws(DocumentError) -> Scenario {
        var reader = JSONReader(json)
        var scenario = Scenario(name: name, servers: [])
        var reading = self
        try reader.fields(
            required: ["servers"],
            optional: [
                "summary", "duration", "warmUp", "seed", "clients", "network", "discoveryDelay", "mesh", "variants",
                "timeline",
            ]
        ) { reader, name throws(DocumentError) in
            switch name {
            case "summary": scenario.summary = try reader.string()
            case "duration": scenario.duration = try reader.positiveDuration()
            case "warmUp": scenario.warmUp = try reader.duration()
            case "seed": scenario.seed = UInt64(try reader.integer())
            case "clients": scenario.clients = try reading.clients(&reader)
            case "servers": scenario.servers = try reading.servers(&reader)
            case "network": scenario.network = try reading.network(&reader)
            case "discoveryDelay": scenario.discoveryDelay = try reader.duration()
            case "mesh": scenario.settings = try reader.settings()
            case "variants": scenario.variants = try reading.variants(&reader)
            default: scenario.timeline = try reading.timeline(&reader)
            }
        }
        try reader.end()
        let groups = scenario.servers.map(\.name)
        for mention in reading.mentions where !groups.contains(mention.group) {
            let hint = groups.map { "\"\($0)\"" }.joined(separator: ", ")
            var error = reader.error("there is no group \"\(mention.group)\"; there are \(hint)", at: mention.position)
            error.path = mention.path
            throw error
        }
        guard scenario.warmUp < scenario.duration else {
            throw reader.error("the warm-up must be shorter than the scenario", at: 0)
        }
        self = reading
        return scenario
    }

    // MARK: Clients and the network

    private func clients(_ reader: inout JSONReader) throws(DocumentError) -> ClientFleet {
        var fleet = ClientFleet()
        try reader.fields(optional: ["count", "zones", "arrivals", "maximumCalls"]) {
            reader,
            name throws(DocumentError) in
            switch name {
            case "count": fleet.count = try reader.count(1...100_000)
            case "zones": fleet.zones = try reader.texts()
            case "arrivals": fleet.arrivals = try arrivals(&reader)
            default: fleet.maximumCalls = try reader.count(1...1_000_000_000)
            }
        }
        return fleet
    }

    private func arrivals(_ reader: inout JSONReader) throws(DocumentError) -> ClientFleet.Arrivals {
        enum Process { case poisson, constant, closed }
        let start = try reader.position()
        var process: Process?
        var rate: Double?
        var concurrency: Int?
        try reader.fields(required: ["process"], optional: ["perSecond", "concurrency"]) {
            reader,
            name throws(DocumentError) in
            switch name {
            case "process":
                process = try reader.choice([("poisson", .poisson), ("constant", .constant), ("closed", .closed)])
            case "perSecond": rate = try reader.positiveNumber()
            default: concurrency = try reader.count(1...1_000_000)
            }
        }
        switch (process, rate, concurrency) {
        case (.poisson, let rate?, nil): return .poisson(perSecond: rate)
        case (.constant, let rate?, nil): return .constant(perSecond: rate)
        case (.closed, nil, let concurrency?): return .closed(concurrency: concurrency)
        case (.closed, _, _):
            throw reader.error("\"closed\" takes \"concurrency\" and no \"perSecond\"", at: start)
        default:
            throw reader.error("\"poisson\" and \"constant\" take \"perSecond\" and no \"concurrency\"", at: start)
        }
    }

    private func network(_ reader: inout JSONReader) throws(DocumentError) -> Network {
        var network = Network()
        try reader.fields(optional: ["latency", "links"]) { reader, name throws(DocumentError) in
            if name == "latency" {
                network.latency = try reader.duration()
                return
            }
            try reader.array { reader throws(DocumentError) in
                var link = Network.Link(from: "", to: "", latency: .zero)
                try reader.fields(required: ["from", "to", "latency"]) { reader, name throws(DocumentError) in
                    switch name {
                    case "from": link.from = try reader.string()
                    case "to": link.to = try reader.string()
                    default: link.latency = try reader.duration()
                    }
                }
                network.links.append(link)
            }
        }
        return network
    }

    private func variants(_ reader: inout JSONReader) throws(DocumentError) -> [Scenario.Variant] {
        var variants: [Scenario.Variant] = []
        try reader.object { reader, name throws(DocumentError) in
            variants.append(Scenario.Variant(name, try reader.settings()))
        }
        return variants
    }

    // MARK: Servers

    private func servers(_ reader: inout JSONReader) throws(DocumentError) -> [ServerGroup] {
        var groups: [ServerGroup] = []
        try reader.array { reader throws(DocumentError) in
            let start = try reader.position()
            let group = try server(&reader)
            guard !groups.contains(where: { $0.name == group.name }) else {
                throw reader.error("there are two groups \"\(group.name)\"", at: start)
            }
            groups.append(group)
        }
        return groups
    }

    private func server(_ reader: inout JSONReader) throws(DocumentError) -> ServerGroup {
        var group = ServerGroup("", count: 0)
        try reader.fields(
            required: ["name", "count", "work"],
            optional: [
                "workers", "queueLimit", "speed", "zones", "weight", "warmUp", "antagonist", "fault", "abandoned",
            ]
        ) { reader, name throws(DocumentError) in
            switch name {
            case "name": group.name = try reader.string()
            case "count": group.count = try reader.count(0...1_000_000)
            case "work": group.work = try work(&reader)
            case "workers": group.workers = try reader.count(1...1_000_000)
            case "queueLimit": group.queueLimit = try reader.count(0...1_000_000_000)
            case "speed": group.speed = try reader.positiveNumber()
            case "zones": group.zones = try reader.texts()
            case "weight": group.weight = try reader.integer()
            case "warmUp": group.warmUp = try warmUp(&reader)
            case "antagonist": group.antagonist = try antagonist(&reader)
            case "fault": group.fault = try fault(&reader).fault
            default: group.abandoned = try reader.choice([("served", .served), ("dropped", .dropped)])
            }
        }
        return group
    }

    private func warmUp(_ reader: inout JSONReader) throws(DocumentError) -> WarmUp {
        var warmUp = WarmUp(from: .zero, over: .zero)
        try reader.fields(required: ["from", "duration"]) { reader, name throws(DocumentError) in
            if name == "from" { warmUp.from = try reader.share() } else { warmUp.duration = try reader.duration() }
        }
        return warmUp
    }

    private func antagonist(_ reader: inout JSONReader) throws(DocumentError) -> Antagonist {
        let start = try reader.position()
        var (calm, busy): (Duration?, Duration?)
        var slowdown: Double?
        var steps: [Antagonist.Step]?
        try reader.fields(optional: ["calm", "busy", "slowdown", "schedule"]) { reader, name throws(DocumentError) in
            switch name {
            case "calm": calm = try reader.positiveDuration()
            case "busy": busy = try reader.positiveDuration()
            case "slowdown": slowdown = try reader.positiveNumber()
            default:
                var list: [Antagonist.Step] = []
                try reader.array { reader throws(DocumentError) in
                    var step = Antagonist.Step(at: .zero, slowdown: 1)
                    try reader.fields(required: ["at", "slowdown"]) { reader, name throws(DocumentError) in
                        if name == "at" {
                            step.at = try reader.duration()
                        } else {
                            step.slowdown = try reader.positiveNumber()
                        }
                    }
                    list.append(step)
                }
                steps = list
            }
        }
        if let steps, calm == nil, busy == nil, slowdown == nil { return .schedule(steps) }
        if let calm, let busy, let slowdown, steps == nil { return .random(calm: calm, busy: busy, slowdown: slowdown) }
        throw reader.error("it takes either \"calm\", \"busy\" and \"slowdown\", or \"schedule\"", at: start)
    }

    private func work(_ reader: inout JSONReader) throws(DocumentError) -> WorkDistribution {
        let start = try reader.position()
        var kind = ""
        var durations: [String: Duration] = [:]
        var sigma: Double?
        var share: Fraction?
        var replay: [Duration]?
        let keys: [String: Set<String>] = [
            "constant": ["value"], "uniform": ["from", "to"], "normal": ["mean", "deviation"],
            "lognormal": ["median", "sigma"], "exponential": ["mean"], "bimodal": ["fast", "slow", "slowShare"],
            "replay": ["file"],
        ]
        var given: Set<String> = []
        try reader.fields(
            required: ["distribution"],
            optional: [
                "value", "from", "to", "mean", "deviation", "median", "sigma", "fast", "slow", "slowShare", "file",
            ]
        ) { reader, name throws(DocumentError) in
            switch name {
            case "distribution": kind = try reader.choice(keys.keys.sorted().map { ($0, $0) })
            case "sigma": sigma = try reader.positiveNumber()
            case "slowShare": share = try reader.share()
            case "file": replay = try latencies(&reader)
            default: durations[name] = try reader.duration()
            }
            if name != "distribution" { given.insert(name) }
        }
        let expected = keys[kind] ?? []
        guard given == expected else {
            let list = expected.sorted().map { "\"\($0)\"" }.joined(separator: " and ")
            throw reader.error("the distribution \"\(kind)\" takes \(list) and nothing else", at: start)
        }
        func duration(_ name: String) -> Duration { durations[name] ?? .zero }
        switch kind {
        case "constant": return .constant(duration("value"))
        case "uniform": return .uniform(from: duration("from"), to: duration("to"))
        case "normal": return .normal(mean: duration("mean"), deviation: duration("deviation"))
        case "lognormal": return .lognormal(median: duration("median"), sigma: sigma ?? 0)
        case "exponential": return .exponential(mean: duration("mean"))
        case "bimodal": return .bimodal(fast: duration("fast"), slow: duration("slow"), slowShare: share ?? .zero)
        default: return .replay(replay ?? [])
        }
    }

    /// Recorded latencies: one in each line, a duration or a number of milliseconds.
    private func latencies(_ reader: inout JSONReader) throws(DocumentError) -> [Duration] {
        let start = try reader.position()
        let name = try reader.string()
        let path = name.hasPrefix("/") ? name : folder + name
        let bytes: [UInt8]
        switch TextFile.read(path) {
        case .success(let content): bytes = content
        case .failure(let failure): throw reader.error("\(path): \(failure.reason)", at: start)
        }
        var values: [Duration] = []
        for (index, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
            let text = String(decoding: line, as: UTF8.self).filter { !$0.isWhitespace }
            if text.isEmpty { continue }
            if let milliseconds = Double(text), milliseconds >= 0, milliseconds < 1e9 {
                values.append(.nanoseconds(Int64(milliseconds * 1e6)))
            } else if let duration = try? DurationNotation.read(text) {
                values.append(duration)
            } else {
                throw reader.error(
                    "\(path):\(index + 1): \"\(text)\" is neither a duration nor milliseconds",
                    at: start
                )
            }
        }
        guard !values.isEmpty else { throw reader.error("\(path): it has no latency", at: start) }
        return values
    }

    private typealias Fault = (fault: ServerFault, selection: TimelineEvent.Selection, duration: Duration?)

    private func fault(_ reader: inout JSONReader) throws(DocumentError) -> Fault {
        try fault(&reader, required: ["kind"], optional: [])
    }

    private func fault(
        _ reader: inout JSONReader,
        required: [String],
        optional: [String]
    ) throws(DocumentError) -> Fault {
        enum Word { case failure, hang, reset }
        var word = Word.failure
        var status = 500
        var after = Duration.zero
        var share = Fraction.one
        var selection = TimelineEvent.Selection("")
        var duration: Duration?
        try reader.fields(required: required, optional: optional + ["status", "after", "share"]) {
            reader,
            name throws(DocumentError) in
            switch name {
            case "kind": word = try reader.choice([("failure", .failure), ("hang", .hang), ("reset", .reset)])
            case "status": status = try reader.count(400...999)
            case "after": after = try reader.duration()
            case "share": share = try reader.share()
            case "group": selection.group = try reader.string()
            case "count": selection.count = try reader.count(1...1_000_000)
            default: duration = try reader.positiveDuration()
            }
        }
        let kind: ServerFault.Kind =
            switch word {
            case .failure: .failure(status: status, after: after)
            case .hang: .hang
            case .reset: .reset
            }
        return (ServerFault(kind, share: share), selection, duration)
    }

    // MARK: The timeline

    private mutating func timeline(_ reader: inout JSONReader) throws(DocumentError) -> [TimelineEvent] {
        var events: [TimelineEvent] = []
        var reading = self
        try reader.array { reader throws(DocumentError) in
            let start = try reader.position()
            var at = Duration.zero
            var change: TimelineEvent.Change?
            try reader.fields(
                required: ["at"],
                optional: ["rate", "slow", "fail", "crash", "add", "remove", "deploy", "loseZone"]
            ) { reader, name throws(DocumentError) in
                if name == "at" {
                    at = try reader.duration()
                } else if change != nil {
                    throw reader.error("an event is one thing; write two events", at: try reader.position())
                } else {
                    change = try reading.change(name, &reader)
                }
            }
            guard let change else {
                throw reader.error(
                    "what happens is missing: rate, slow, fail, crash, add, remove, deploy or loseZone",
                    at: start
                )
            }
            events.append(TimelineEvent(at: at, change))
        }
        self = reading
        return events
    }

    private mutating func change(
        _ name: String,
        _ reader: inout JSONReader
    ) throws(DocumentError) -> TimelineEvent.Change {
        if name == "fail" {
            let position = try reader.position()
            let path = reader.path
            let fault = try fault(&reader, required: ["group", "kind"], optional: ["count", "for"])
            mentions.append((fault.selection.group, position, path + [.member("group")]))
            return .fail(fault.selection, fault.fault, for: fault.duration)
        }
        let keys: (required: [String], optional: [String]) =
            switch name {
            case "rate": (["perSecond"], [])
            case "slow": (["group", "factor"], ["count", "for"])
            case "crash": (["group"], ["count", "for"])
            case "add": (["group", "count"], ["over"])
            case "remove": (["group"], ["count", "over", "drain"])
            case "deploy": (["group"], ["batch", "drain", "downtime", "pause"])
            default: (["zone"], ["for"])
            }
        var selection = TimelineEvent.Selection("")
        var durations: [String: Duration] = [:]
        var number = 1.0
        var batch = 1
        var zone = ""
        var reading = self
        try reader.fields(required: keys.required, optional: keys.optional) { reader, name throws(DocumentError) in
            switch name {
            case "group":
                reading.mentions.append((group: "", position: try reader.position(), path: reader.path))
                selection.group = try reader.string()
                reading.mentions[reading.mentions.count - 1].group = selection.group
            case "count": selection.count = try reader.count(1...1_000_000)
            case "batch": batch = try reader.count(1...1_000_000)
            case "factor", "perSecond": number = try reader.positiveNumber()
            case "zone": zone = try reader.string()
            case "for": durations[name] = try reader.positiveDuration()
            default: durations[name] = try reader.duration()
            }
        }
        self = reading
        func duration(_ name: String) -> Duration { durations[name] ?? .zero }
        return switch name {
        case "rate": .rate(perSecond: number)
        case "slow": .slow(selection, factor: number, for: durations["for"])
        case "crash": .crash(selection, for: durations["for"])
        case "add": .add(group: selection.group, count: selection.count ?? 1, over: duration("over"))
        case "remove": .remove(selection, over: duration("over"), drain: duration("drain"))
        case "deploy":
            .deploy(
                group: selection.group,
                batch: batch,
                drain: duration("drain"),
                downtime: duration("downtime"),
                pause: duration("pause")
            )
        default: .loseZone(zone, for: durations["for"])
        }
    }
}

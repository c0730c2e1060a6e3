import MeshCore
import ServiceMesh

extension ScenarioReading {
    func servers(_ reader: inout JSONReader) throws(DocumentError) -> [ServerGroup] {
        var groups: [ServerGroup] = []
        try reader.array { reader throws(DocumentError) in
            groups.append(try server(&reader))
        }
        return groups
    }

    private func server(_ reader: inout JSONReader) throws(DocumentError) -> ServerGroup {
        var group = ServerGroup("", count: 0)
        try reader.fields(
            required: ["name", "count", "work"],
            optional: [
                "workers", "cores", "queueLimit", "speed", "zones", "weight", "priority", "metadata", "warmUp",
                "antagonist", "fault", "abandoned", "probes", "reportWindow",
            ]
        ) { reader, name throws(DocumentError) in
            switch name {
            case "name": group.name = try reader.string()
            case "count": group.count = try reader.wholeNumber()
            case "work": group.work = try work(&reader)
            case "workers": group.workers = try reader.wholeNumber()
            case "cores": group.cores = try reader.double()
            case "queueLimit": group.queueLimit = try reader.wholeNumber()
            case "speed": group.speed = try reader.double()
            case "zones": group.zones = try reader.texts()
            case "weight": group.weight = try reader.integer()
            case "priority": group.priority = try reader.integer()
            case "metadata": group.metadata = try reader.textsByName()
            case "warmUp": group.warmUp = try warmUp(&reader)
            case "antagonist": group.antagonist = try antagonist(&reader)
            case "fault": group.fault = try fault(&reader).fault
            case "probes":
                group.probes = try reader.choice([
                    ("both", .both), ("separate", .separate), ("on_responses", .onResponses), ("none", .none),
                ])
            case "reportWindow": group.reportWindow = try reader.duration()
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
        var (slowdown, cores): (Double?, Double?)
        var steps: [Antagonist.Step]?
        try reader.fields(optional: ["calm", "busy", "slowdown", "cores", "schedule"]) {
            reader,
            name throws(DocumentError) in
            switch name {
            case "calm": calm = try reader.duration()
            case "busy": busy = try reader.duration()
            case "slowdown": slowdown = try reader.double()
            case "cores": cores = try reader.double()
            default:
                var list: [Antagonist.Step] = []
                try reader.array { reader throws(DocumentError) in
                    var step = Antagonist.Step(at: .zero, slowdown: 1)
                    try reader.fields(required: ["at", "slowdown"]) { reader, name throws(DocumentError) in
                        if name == "at" {
                            step.at = try reader.duration()
                        } else {
                            step.slowdown = try reader.double()
                        }
                    }
                    list.append(step)
                }
                steps = list
            }
        }
        if let steps, calm == nil, busy == nil, slowdown == nil, cores == nil { return .schedule(steps) }
        if let calm, let busy, steps == nil {
            if let slowdown, cores == nil { return .random(calm: calm, busy: busy, slowdown: slowdown) }
            if let cores, slowdown == nil { return .throttle(calm: calm, busy: busy, cores: cores) }
        }
        throw reader.error(
            "it takes either \"calm\", \"busy\" and one of \"slowdown\" and \"cores\", or \"schedule\"",
            at: start
        )
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
            case "sigma": sigma = try reader.double()
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
        return values
    }

    typealias Fault = (fault: ServerFault, selection: TimelineEvent.Selection, duration: Duration?)

    private func fault(_ reader: inout JSONReader) throws(DocumentError) -> Fault {
        try fault(&reader, required: ["kind"], optional: [])
    }

    func fault(
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
            case "status": status = try reader.wholeNumber()
            case "after": after = try reader.duration()
            case "share": share = try reader.share()
            case "group": selection.group = try reader.string()
            case "count": selection.count = try reader.wholeNumber()
            default: duration = try reader.duration()
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
}

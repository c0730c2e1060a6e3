import MeshCore

extension ScenarioReading {
    private static let changes = [
        "rate", "slow", "fail", "crash", "add", "remove", "deploy", "loseZone", "restartClients",
    ]

    func timeline(_ reader: inout JSONReader) throws(DocumentError) -> [TimelineEvent] {
        var events: [TimelineEvent] = []
        try reader.array { reader throws(DocumentError) in
            let start = try reader.position()
            var at = Duration.zero
            var change: TimelineEvent.Change?
            try reader.fields(
                required: ["at"],
                optional: Self.changes
            ) { reader, name throws(DocumentError) in
                if name == "at" {
                    at = try reader.duration()
                } else if change != nil {
                    throw reader.error("an event is one thing; write two events", at: try reader.position())
                } else {
                    change = try self.change(name, &reader)
                }
            }
            guard let change else {
                throw reader.error("what happens is missing: one of \(Self.changes.joined(separator: ", "))", at: start)
            }
            events.append(TimelineEvent(at: at, change))
        }
        return events
    }

    private func change(
        _ name: String,
        _ reader: inout JSONReader
    ) throws(DocumentError) -> TimelineEvent.Change {
        if name == "fail" {
            let fault = try fault(&reader, required: ["group", "kind"], optional: ["count", "for"])
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
            case "restartClients": ([], ["count", "over"])
            default: (["zone"], ["for"])
            }
        var selection = TimelineEvent.Selection("")
        var durations: [String: Duration] = [:]
        var number = 1.0
        var batch = 1
        var zone = ""
        try reader.fields(required: keys.required, optional: keys.optional) { reader, name throws(DocumentError) in
            switch name {
            case "group": selection.group = try reader.string()
            case "count": selection.count = try reader.wholeNumber()
            case "batch": batch = try reader.wholeNumber()
            case "factor", "perSecond": number = try reader.double()
            case "zone": zone = try reader.string()
            default: durations[name] = try reader.duration()
            }
        }
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
        case "restartClients": .restartClients(count: selection.count, over: duration("over"))
        default: .loseZone(zone, for: durations["for"])
        }
    }
}

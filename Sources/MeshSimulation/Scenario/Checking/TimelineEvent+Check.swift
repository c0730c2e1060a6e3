extension TimelineEvent {
    func check(at place: ScenarioPlace, in scenario: Scenario) throws(ScenarioRefusal) {
        try place["at"].check(at)
        switch change {
        case .rate(let perSecond):
            try place["rate"]["perSecond"].check(perSecond)
            if case .closed = scenario.clients.arrivals {
                throw place["rate"].refusal("callers that wait for one another have no rate")
            }
        case .slow(let selection, let factor, let duration):
            try place["slow"].check(selection, for: duration, in: scenario)
            try place["slow"]["factor"].check(factor)
        case .fail(let selection, let fault, let duration):
            try place["fail"].check(selection, for: duration, in: scenario)
            try fault.check(at: place["fail"])
        case .crash(let selection, let duration):
            try place["crash"].check(selection, for: duration, in: scenario)
        case .add(let group, let count, let duration):
            try place["add"].check(group: group, in: scenario)
            try place["add"]["count"].check(count, in: 1...1_000_000)
            try place["add"]["over"].check(duration)
        case .remove(let selection, let duration, let drain):
            try place["remove"].check(selection, for: nil, in: scenario)
            try place["remove"]["over"].check(duration)
            try place["remove"]["drain"].check(drain)
        case .deploy(let group, let batch, let drain, let downtime, let pause):
            try place["deploy"].check(group: group, in: scenario)
            try place["deploy"]["batch"].check(batch, in: 1...1_000_000)
            try place["deploy"]["drain"].check(drain)
            try place["deploy"]["downtime"].check(downtime)
            try place["deploy"]["pause"].check(pause)
        case .loseZone(let zone, let duration):
            let zones = scenario.servers.reduce(into: Set<String>()) { $0.formUnion($1.zones) }
            try place["loseZone"]["zone"].check(zone: zone, among: zones)
            if let duration { try place["loseZone"]["for"].checkPositive(duration) }
        case .restartClients(let count, let duration):
            if let count { try place["restartClients"]["count"].check(count, in: 1...scenario.clients.count) }
            try place["restartClients"]["over"].check(duration)
        }
    }
}

extension ScenarioPlace {
    /// Makes sure that there is such a group, and that a count and a duration are in their ranges.
    fileprivate func check(
        _ selection: TimelineEvent.Selection,
        for duration: Duration?,
        in scenario: Scenario
    ) throws(ScenarioRefusal) {
        try check(group: selection.group, in: scenario)
        if let count = selection.count { try self["count"].check(count, in: 1...1_000_000) }
        if let duration { try self["for"].checkPositive(duration) }
    }

    fileprivate func check(group name: String, in scenario: Scenario) throws(ScenarioRefusal) {
        let groups = scenario.servers.map(\.name)
        guard groups.contains(name) else {
            let known = groups.isEmpty ? "none" : groups.map { "\"\($0)\"" }.joined(separator: ", ")
            throw self["group"].refusal("there is no group \"\(name)\"; there are \(known)")
        }
    }
}

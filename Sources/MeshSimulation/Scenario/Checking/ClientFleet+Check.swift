extension ClientFleet {
    func check(at place: ScenarioPlace) throws(ScenarioRefusal) {
        try place["count"].check(count, in: 1...100_000)
        try place["zones"].check(names: zones)
        if let maximumCalls { try place["maximumCalls"].check(maximumCalls, in: 1...1_000_000_000) }
        switch arrivals {
        case .poisson(let perSecond), .constant(let perSecond):
            try place["arrivals"]["perSecond"].check(perSecond)
        case .closed(let concurrency):
            try place["arrivals"]["concurrency"].check(concurrency, in: 1...1_000_000)
        }
        if let subset {
            let place = place["subset"]["metadata"]
            guard !subset.metadata.isEmpty else { throw place.refusal("it must name what a server's metadata holds") }
            try place.check(keys: subset.metadata)
        }
        guard let keys else { return }
        try place["keys"]["count"].check(keys.count, in: 1...1_000_000)
        if case .zipf(let exponent) = keys.popularity { try place["keys"]["exponent"].check(exponent) }
    }
}

extension Network {
    /// - Parameter zones: Those in which something runs.
    func check(at place: ScenarioPlace, among zones: Set<String>) throws(ScenarioRefusal) {
        try place["latency"].check(latency)
        for (index, link) in links.enumerated() {
            let place = place["links"][index]
            try place["latency"].check(link.latency)
            try place["from"].check(zone: link.from, among: zones)
            try place["to"].check(zone: link.to, among: zones)
        }
    }
}

extension ScenarioPlace {
    /// Makes sure that something runs in a zone.
    func check(zone: String, among zones: Set<String>) throws(ScenarioRefusal) {
        guard zones.contains(zone) else {
            let known = zones.subtracting([""]).sorted().map { "\"\($0)\"" }.joined(separator: ", ")
            throw refusal(
                "nothing runs in a zone \"\(zone)\"; \(known.isEmpty ? "there are none" : "there are \(known)")"
            )
        }
    }
}

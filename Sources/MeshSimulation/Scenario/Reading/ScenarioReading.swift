import MeshCore

/// Reads a scenario, and afterwards checks the names in it against each other.
struct ScenarioReading {
    let folder: String
    /// Names of groups, to be looked up when all groups are known.
    var mentions: [(group: String, position: Int, path: [JSONReader.PathElement])] = []

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
        try reader.fields(optional: ["count", "zones", "arrivals", "maximumCalls", "keys"]) {
            reader,
            name throws(DocumentError) in
            switch name {
            case "count": fleet.count = try reader.count(1...100_000)
            case "zones": fleet.zones = try reader.texts()
            case "arrivals": fleet.arrivals = try arrivals(&reader)
            case "keys": fleet.keys = try keys(&reader)
            default: fleet.maximumCalls = try reader.count(1...1_000_000_000)
            }
        }
        return fleet
    }

    private func keys(_ reader: inout JSONReader) throws(DocumentError) -> CallKeys {
        let start = try reader.position()
        var count = 1
        var isZipf = false
        var exponent: Double?
        try reader.fields(required: ["count"], optional: ["distribution", "exponent"]) {
            reader,
            name throws(DocumentError) in
            switch name {
            case "count": count = try reader.count(1...1_000_000)
            case "distribution": isZipf = try reader.choice([("uniform", false), ("zipf", true)])
            default: exponent = try reader.positiveNumber()
            }
        }
        guard isZipf == (exponent != nil) else {
            throw reader.error("\"zipf\" takes \"exponent\", and \"uniform\" does not", at: start)
        }
        return CallKeys(count: count, popularity: exponent.map { .zipf(exponent: $0) } ?? .uniform)
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
}

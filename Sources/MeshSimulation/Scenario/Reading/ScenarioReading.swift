import MeshCore

/// Reads a scenario, and afterwards checks it.
struct ScenarioReading {
    /// Where files are that are named in it.
    let folder: String

    func scenario(_ json: [UInt8], name: String) throws(DocumentError) -> Scenario {
        var reader = JSONReader(json)
        var scenario = Scenario(name: name, servers: [])
        try reader.fields(
            required: ["servers"],
            optional: [
                "summary", "duration", "warmUp", "seed", "clients", "network", "discoveryDelay", "mesh", "variants",
                "timeline",
            ]
        ) { reader, name throws(DocumentError) in
            switch name {
            case "summary": scenario.summary = try reader.string()
            case "duration": scenario.duration = try reader.duration()
            case "warmUp": scenario.warmUp = try reader.duration()
            case "seed": scenario.seed = UInt64(try reader.integer())
            case "clients": scenario.clients = try clients(&reader)
            case "servers": scenario.servers = try servers(&reader)
            case "network": scenario.network = try network(&reader)
            case "discoveryDelay": scenario.discoveryDelay = try reader.duration()
            case "mesh": scenario.settings = try reader.settings()
            case "variants": scenario.variants = try variants(&reader)
            default: scenario.timeline = try timeline(&reader)
            }
        }
        try reader.end()
        do throws(ScenarioRefusal) {
            try scenario.checkAll()
        } catch {
            var refusal = reader.error(error.reason, at: JSONReader.position(of: error.path, in: json))
            refusal.path = error.path
            throw refusal
        }
        return scenario
    }

    // MARK: Clients and the network

    private func clients(_ reader: inout JSONReader) throws(DocumentError) -> ClientFleet {
        var fleet = ClientFleet()
        try reader.fields(optional: ["count", "zones", "arrivals", "maximumCalls", "keys", "subset"]) {
            reader,
            name throws(DocumentError) in
            switch name {
            case "count": fleet.count = try reader.wholeNumber()
            case "zones": fleet.zones = try reader.texts()
            case "arrivals": fleet.arrivals = try arrivals(&reader)
            case "keys": fleet.keys = try keys(&reader)
            case "subset": fleet.subset = try subset(&reader)
            default: fleet.maximumCalls = try reader.wholeNumber()
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
            case "count": count = try reader.wholeNumber()
            case "distribution": isZipf = try reader.choice([("uniform", false), ("zipf", true)])
            default: exponent = try reader.double()
            }
        }
        guard isZipf == (exponent != nil) else {
            throw reader.error("\"zipf\" takes \"exponent\", and \"uniform\" does not", at: start)
        }
        return CallKeys(count: count, popularity: exponent.map { .zipf(exponent: $0) } ?? .uniform)
    }

    private func subset(_ reader: inout JSONReader) throws(DocumentError) -> CallSubset {
        var subset = CallSubset([:])
        try reader.fields(required: ["metadata"], optional: ["share"]) { reader, name throws(DocumentError) in
            if name == "metadata" {
                subset.metadata = try reader.textsByName()
            } else {
                subset.share = try reader.share()
            }
        }
        return subset
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
            case "perSecond": rate = try reader.double()
            default: concurrency = try reader.wholeNumber()
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

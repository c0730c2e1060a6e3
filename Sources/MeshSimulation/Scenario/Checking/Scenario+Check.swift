import ServiceMesh

extension Scenario {
    /// How many servers each client may know, summed up over all clients: every pair costs memory.
    private static let mostPairs = 10_000_000

    /// Makes sure that the scenario can be lived through: that numbers and durations are in their ranges, that what the timeline names
    /// is there, and that the mesh takes the settings of every variant.
    ///
    /// What is read from a file has been checked, and ``Simulation/init(_:)`` checks.
    ///
    /// - Throws: ``ScenarioError`` with the key and the reason, for the first thing that is wrong.
    public func check() throws(ScenarioError) {
        do throws(ScenarioRefusal) {
            try checkAll()
        } catch {
            throw ScenarioError(error, in: name)
        }
    }

    /// The rules, in the terms of the document.
    func checkAll() throws(ScenarioRefusal) {
        let place = ScenarioPlace()
        try place["duration"].checkPositive(duration)
        try place["warmUp"].check(warmUp)
        guard warmUp < duration else {
            throw place["warmUp"].refusal("it must be shorter than the scenario")
        }
        try clients.check(at: place["clients"])
        for (index, group) in servers.enumerated() {
            try group.check(at: place["servers"][index])
            guard !servers[..<index].contains(where: { $0.name == group.name }) else {
                throw place["servers"][index].refusal("there are two groups \"\(group.name)\"")
            }
        }
        try place["discoveryDelay"].check(discoveryDelay)
        try network.check(at: place["network"], among: zones)
        for variant in comparedVariants { _ = try clientConfiguration(of: variant) }
        for (index, event) in timeline.enumerated() { try event.check(at: place["timeline"][index], in: self) }
        try checkSize(at: place["servers"])
    }

    /// What is compared: one variant at least.
    var comparedVariants: [Variant] { variants.isEmpty ? [Variant("default")] : variants }

    /// The zones in which something runs; the empty one, if something runs in none.
    var zones: Set<String> {
        ([clients.zones] + servers.map(\.zones)).reduce(into: []) { $0.formUnion($1.isEmpty ? [""] : $1) }
    }

    /// What each client is told in a variant, if its load and its settings can be.
    func clientConfiguration(of variant: Variant) throws(ScenarioRefusal) -> ClientConfiguration {
        let common = ScenarioPlace()["mesh"]
        let own = ScenarioPlace()["variants"][variant.name]
        try own.check(variant.load, upTo: 1000)
        var mesh = MeshSettings()
        for (setting, place) in settings.map({ ($0, common) }) + variant.settings.map({ ($0, own) }) {
            do throws(ServiceSettings.Refusal) {
                try mesh.set(setting)
            } catch {
                throw place.setting(error.path).refusal(error.reason)
            }
        }
        do throws(ServiceSettings.Refusal) {
            return try ClientConfiguration(mesh, policy: variant.policy, in: clients)
        } catch {
            let isOwn = variant.settings.contains { $0.key == error.path }
            throw (isOwn ? own : common).setting(error.path).refusal(error.reason)
        }
    }

    private func checkSize(at place: ScenarioPlace) throws(ScenarioRefusal) {
        var count = servers.reduce(0) { $0 + $1.count }
        for event in timeline {
            if case .add(_, let added, _) = event.change { count += added }
        }
        guard count <= Self.mostPairs / clients.count else {
            throw place.refusal(
                "\(clients.count) clients of \(count) servers are more than \(Self.mostPairs) pairs, those that join included"
            )
        }
    }
}

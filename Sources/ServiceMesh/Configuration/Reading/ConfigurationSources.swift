#if Configuration
import MeshCore

/// What is known of where values come from: enough to name the place of a problem, and to find keys that nobody knows,
/// which a `ConfigReader` alone cannot.
struct ConfigurationSources: Sendable {
    var environment: [String: String] = [:]
    var document: ConfigurationDocument?

    /// Where the value of a key was written.
    func place(of key: [String]) -> String? {
        let name = EnvironmentName.encoded(key)
        if environment[name] != nil { return "environment variable \(name)" }
        if let document, document.leaves[key] != nil { return document.name }
        return nil
    }

    /// The keys that mean nothing.
    func unknownKeys(services: [String]) -> [MeshConfigurationError.Problem] {
        let keys = KnownKeys(services: services)
        return unknownVariables(keys) + (document.map { unknownMembers(of: $0, keys) } ?? [])
    }

    private func unknownVariables(_ keys: KnownKeys) -> [MeshConfigurationError.Problem] {
        let known = Set(keys.all.map(EnvironmentName.encoded))
        let suffixes = ServiceSetting.all.map { "_" + EnvironmentName.encoded($0.components) }
        return environment.keys.compactMap { (name) -> MeshConfigurationError.Problem? in
            guard name.uppercased().hasPrefix("MESH_"), !known.contains(name), !EnvironmentName.isServiceLink(name)
            else {
                return nil
            }
            var reason = "there is no such key"
            let suggestion = keys.suggestion(
                for: name,
                separator: "_",
                among: keys.all,
                written: EnvironmentName.encoded
            )
            let prefix = "MESH_SERVICE_"
            if name.hasPrefix(prefix), let suffix = suffixes.filter(name.hasSuffix).max(by: { $0.count < $1.count }),
                suggestion == nil || name.count > prefix.count + suffix.count
            {
                let service = name.dropFirst(prefix.count).dropLast(suffix.count)
                let listed = keys.services.contains { EnvironmentName.encoded($0) == service }
                if !service.isEmpty, !listed { reason = keys.unlisted(String(service)) }
            }
            return .init(key: name, reason: reason, source: "environment", suggestion: suggestion)
        }
    }

    private func unknownMembers(
        of document: ConfigurationDocument,
        _ keys: KnownKeys
    ) -> [MeshConfigurationError.Problem] {
        var problems: Set<MeshConfigurationError.Problem> = []
        for (path, value) in document.leaves {
            guard let problem = problem(path, value, keys) else { continue }
            problems.insert(
                .init(
                    key: problem.key.joined(separator: "."),
                    reason: problem.reason,
                    source: document.name,
                    suggestion: problem.suggestion
                )
            )
        }
        return Array(problems)
    }

    private func problem(
        _ path: [String],
        _ value: ConfigurationDocument.Value,
        _ keys: KnownKeys
    ) -> (key: [String], reason: String, suggestion: String?)? {
        guard path[0] == "mesh" else {
            // Other members belong to other parts of the program, unless they look like ours.
            if path[0].lowercased() == "mesh" { return ([path[0]], "there is no such key", "mesh") }
            if path[0].lowercased().hasPrefix("mesh.") {
                return ([path[0]], "write it as nested objects, {\"mesh\": {...}}", nil)
            }
            return nil
        }
        if keys.isKnown(path) {
            switch value {
            case .null: return (path, "null is not a value; leave the key out", nil)
            case .object: return (path, "it is a value, not an object", nil)
            case .mixed: return (path, "it is a list of something else than texts or whole numbers", nil)
            default: return nil
            }
        }
        if keys.isGroup(path) {
            return value == .object ? nil : (path, "it is a group of keys; write an object", nil)
        }
        for length in 1..<path.count where keys.isKnown(Array(path.prefix(length))) {
            return (Array(path.prefix(length)), "it is a value, not an object", nil)
        }
        if path.count >= 3, path[1] == "service", !keys.services.contains(path[2]) {
            let suggestion = Nearest.name(to: path[2], among: keys.services)
            return (Array(path.prefix(3)), keys.unlisted(path[2]), suggestion.map { "mesh.service.\($0)" })
        }
        if path == ["mesh", "defaults", "target"] {
            return (path, "each service has its own target; there is no default", nil)
        }
        // The outermost name that is wrong, so that a misspelt group is one problem.
        var length = 2
        while length < path.count, keys.isGroup(Array(path.prefix(length))) { length += 1 }
        let wrong = Array(path.prefix(length))
        let text = wrong.joined(separator: ".")
        let siblings = keys.children(of: Array(wrong.dropLast())).map {
            (wrong.dropLast() + [$0]).joined(separator: ".")
        }
        let suggestion =
            Nearest.name(to: text, among: siblings)
            ?? keys.suggestion(for: text, separator: ".", among: keys.all) { $0.joined(separator: ".") }
        return (wrong, "there is no such key", suggestion)
    }
}

/// Every key that means something, given the services.
struct KnownKeys {
    let services: [String]
    let all: [[String]]
    private let known: Set<[String]>
    private let groups: Set<[String]>

    init(services: [String]) {
        self.services = services
        var all = MeshSetting.all.map(\.components)
        all += ServiceSetting.shared.map { ["mesh", "defaults"] + $0.components }
        for service in services {
            all += ServiceSetting.all.map { ["mesh", "service", service] + $0.components }
        }
        self.all = all
        known = Set(all)
        groups = Set(all.flatMap { key in (1..<key.count).map { Array(key.prefix($0)) } } + [["mesh", "service"]])
    }

    func isKnown(_ path: [String]) -> Bool { known.contains(path) }

    func isGroup(_ path: [String]) -> Bool { groups.contains(path) }

    func children(of path: [String]) -> Set<String> {
        Set((known.union(groups)).filter { $0.count > path.count && $0.starts(with: path) }.map { $0[path.count] })
    }

    func unlisted(_ service: String) -> String {
        let list = services.isEmpty ? "none" : services.joined(separator: ", ")
        return "mesh.services does not list the service \"\(service)\"; it lists \(list)"
    }

    /// The key that differs by a typing error, or else the only one of the same block that ends in the same name.
    func suggestion(
        for name: String,
        separator: String,
        among candidates: [[String]],
        written: ([String]) -> String
    ) -> String? {
        if let nearest = Nearest.name(to: name, among: candidates.lazy.map(written)) { return nearest }
        let same = candidates.filter { key in
            guard key.count > 2, let last = key.last else { return false }
            let block = Array(key.prefix(key[1] == "service" ? 3 : 2))
            return name.hasPrefix(written(block) + separator) && name.hasSuffix(separator + written([last]))
        }
        return same.count == 1 ? written(same[0]) : nil
    }
}

/// A key that belongs to no service.
struct MeshSetting: Sendable {
    let components: [String]
    let summary: String

    var path: String { components.joined(separator: ".") }

    static let services = MeshSetting(
        components: ["mesh", "services"],
        summary: "The names of the services. Required."
    )
    static let drainTimeout = MeshSetting(
        components: ["mesh", "drainTimeout"],
        summary: "How long a shutdown waits for calls under way before it stops them."
    )
    static let instanceIndex = MeshSetting(
        components: ["mesh", "instance", "index"],
        summary: "The number of this process among the instances of its own service, from 0: for apertures."
    )
    static let instanceCount = MeshSetting(
        components: ["mesh", "instance", "count"],
        summary: "How many instances of its own service there are."
    )
    static let instanceAddress = MeshSetting(
        components: ["mesh", "instance", "address"],
        summary: "The address of this process, to be found among `mesh.instance.peers`."
    )
    static let instancePeers = MeshSetting(
        components: ["mesh", "instance", "peers"],
        summary: "The target of its own service, which is followed."
    )
    static let all = [services, drainTimeout, instanceIndex, instanceCount, instanceAddress, instancePeers]
}
#endif

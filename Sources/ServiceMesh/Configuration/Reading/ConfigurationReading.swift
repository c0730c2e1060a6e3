#if Configuration
import Configuration
import MeshCore
import MeshLoadBalancing

/// Reads a configuration and collects what is wrong with it on the way.
struct ConfigurationReading {
    private let config: ConfigReader
    private let sources: ConfigurationSources
    private var problems: [MeshConfigurationError.Problem] = []

    /// Where a setting was written, for an error about two of them.
    private struct Origin {
        var key: [String]
        var value: String
    }

    init(config: ConfigReader, sources: ConfigurationSources) {
        self.config = config
        self.sources = sources
    }

    mutating func configuration() throws(MeshConfigurationError) -> MeshConfiguration {
        let names = serviceNames()
        let drainTimeout = drainTimeout()
        let instance = instance()
        var defaults = ServiceDraft()
        let origins = read(ServiceSetting.shared, below: ["mesh", "defaults"], into: &defaults)
        check(defaults, origins, own: [:], block: ["mesh", "defaults"])

        var services: [ServiceName: ServiceConfiguration] = [:]
        for name in names {
            let block = ["mesh", "service", name.rawValue]
            var draft = defaults
            let own = read(ServiceSetting.all, below: block, into: &draft)
            let holds = check(draft, origins, own: own, block: block)
            if own["target"] == nil {
                let key = block + ["target"]
                let place = EnvironmentName.encoded(key)
                problem(key, nil, "it is missing; set it here or as \(place), such as \"dns:///\(name):8080\"")
            }
            guard holds, let target = draft.target else { continue }
            services[name] = draft.configuration(target: target)
        }
        problems += sources.unknownKeys(services: names.map(\.rawValue))
        guard problems.isEmpty else {
            let sorted = Set(problems).sorted { ($0.key, $0.reason) < ($1.key, $1.reason) }
            throw MeshConfigurationError(problems: sorted)
        }
        return MeshConfiguration(services: services, drainTimeout: drainTimeout, instance: instance)
    }

    private mutating func serviceNames() -> [ServiceName] {
        let key = MeshSetting.services.components
        guard let raw = value(of: key, list: .list) else {
            problem(key, nil, "it is missing; list the names of the services, as in \"users,orders\"")
            return []
        }
        let elements: [String]
        if [.list([]), .list([""]), .scalar("")].contains(raw) {
            elements = []
        } else {
            do {
                elements = try raw.elements()
            } catch {
                problem(key, raw.text, error.reason)
                return []
            }
        }
        var names: [ServiceName] = []
        var variables: [String: ServiceName] = [:]
        for element in elements {
            do {
                let name = try ServiceName(validating: element)
                let variable = EnvironmentName.encoded(element)
                if names.contains(name) {
                    problem(key, raw.text, "\"\(element)\" appears twice")
                } else if let other = variables[variable] {
                    // Two services would share one set of variables without anyone's noticing.
                    problem(
                        key,
                        raw.text,
                        "\"\(other)\" and \"\(element)\" are both MESH_SERVICE_\(variable)_... in an environment"
                    )
                } else {
                    names.append(name)
                    variables[variable] = name
                }
            } catch {
                problem(key, raw.text, "\(error)")
            }
        }
        return names
    }

    private mutating func drainTimeout() -> Duration {
        read(.drainTimeout, .duration) ?? MeshConfiguration().drainTimeout
    }

    /// `index` and `count`, or `address` and `peers`, or none of them.
    private mutating func instance() -> InstancePlace? {
        let limit = ProcessCoordinate.limit
        let fixed = both(.instanceIndex, .integer(0...limit - 1), .instanceCount, .integer(1...limit))
        let discovered = both(.instanceAddress, .address, .instancePeers, .target)
        if let fixed {
            let key = MeshSetting.instanceIndex.components
            if discovered != nil {
                problem(key, "\(fixed.0)", "it excludes mesh.instance.address: the place is either given or found")
            }
            do {
                return .fixed(try ProcessCoordinate(instance: fixed.0, of: fixed.1))
            } catch {
                problem(key, "\(fixed.0)", "\(error)")
                return nil
            }
        }
        guard let (address, target) = discovered, let target else { return nil }
        return .discovered(address, among: target)
    }

    /// The values of two settings that are of no use without each other.
    private mutating func both<First: Sendable, Second: Sendable>(
        _ first: MeshSetting,
        _ firstForm: ValueForm<First>,
        _ second: MeshSetting,
        _ secondForm: ValueForm<Second>
    ) -> (First, Second)? {
        let known = problems.count
        let values = (read(first, firstForm), read(second, secondForm))
        guard problems.count == known else { return nil }
        switch values {
        case (let one?, let other?): return (one, other)
        case (nil, nil): return nil
        case (nil, _?): problem(first.components, nil, "it is missing beside \(second.path)")
        case (_?, nil): problem(second.components, nil, "it is missing beside \(first.path)")
        }
        return nil
    }

    private mutating func read<Value: Sendable>(_ setting: MeshSetting, _ form: ValueForm<Value>) -> Value? {
        guard let raw = value(of: setting.components, list: .text) else { return nil }
        do {
            return try form.read(raw)
        } catch {
            problem(setting.components, raw.text, error.reason)
            return nil
        }
    }

    private mutating func read(
        _ settings: [ServiceSetting],
        below block: [String],
        into draft: inout ServiceDraft
    ) -> [String: Origin] {
        var origins: [String: Origin] = [:]
        for setting in settings {
            let key = block + setting.components
            guard let raw = value(of: key, list: setting.json) else { continue }
            origins[setting.path] = Origin(key: key, value: raw.text)
            do {
                try setting.read(raw, &draft)
            } catch {
                problem(key, raw.text, error.reason)
            }
        }
        return origins
    }

    /// Checks what no setting can be blamed for alone. Returns whether a policy accepts the values.
    @discardableResult
    private mutating func check(
        _ draft: ServiceDraft,
        _ defaults: [String: Origin],
        own: [String: Origin],
        block: [String]
    ) -> Bool {
        var holds = true
        for relation in SettingRelation.all where !relation.holds(draft) {
            holds = false
            // Whatever was written last is to blame: the service before the defaults, which were right before it came.
            let first = own[relation.first] ?? (own[relation.second] == nil ? defaults[relation.first] : nil)
            let second = own[relation.second] ?? defaults[relation.second]
            if let first {
                problem(first.key, first.value, relation.firstReason(counterpart(relation.second, second, draft)))
            } else if let second {
                let first = defaults[relation.first]
                problem(second.key, second.value, relation.secondReason(counterpart(relation.first, first, draft)))
            }
        }
        for setting in ServiceSetting.shared {
            guard let requirement = setting.requirement, let origin = own[setting.path], !requirement.holds(draft)
            else { continue }
            problem(origin.key, origin.value, "it has no effect, because \(requirement.reason)")
        }
        return holds
    }

    private func counterpart(_ path: String, _ origin: Origin?, _ draft: ServiceDraft) -> String {
        if let origin { return "\(origin.key.joined(separator: ".")), which is \"\(origin.value)\"" }
        let value = ServiceSetting.all.first { $0.path == path }?.text(draft) ?? ""
        return "\(path), which is \"\(value)\" by default"
    }

    private mutating func problem(_ key: [String], _ value: String?, _ reason: String) {
        problems.append(
            .init(
                key: key.joined(separator: "."),
                value: value,
                reason: reason,
                source: sources.place(of: key)
            )
        )
    }

    /// The value of a key, whatever its type.
    ///
    /// A reader tells a value of another type from a missing one only by throwing, so each type is asked for. Numbers
    /// come before truth values, because providers make a truth value of every number.
    private mutating func value(of components: [String], list: JSONShape) -> RawValue? {
        let key = ConfigKey(components)
        var failure: (any Error)?
        func attempt<Value>(_ read: () throws -> Value) -> Value? {
            do {
                return try read()
            } catch {
                failure = error
                return nil
            }
        }

        if case .list = list, let texts = attempt({ try config.requiredStringArray(forKey: key) }) {
            return .list(texts)
        }
        if let text = attempt({ try config.requiredString(forKey: key) }) { return .scalar(text) }
        if let integer = attempt({ try config.requiredInt(forKey: key) }) { return .scalar("\(integer)") }
        if let number = attempt({ try config.requiredDouble(forKey: key) }) { return .scalar("\(number)") }
        if let truth = attempt({ try config.requiredBool(forKey: key) }) { return .scalar("\(truth)") }
        if let texts = attempt({ try config.requiredStringArray(forKey: key) }) { return .list(texts) }
        if let integers = attempt({ try config.requiredIntArray(forKey: key) }) {
            return .list(integers.map { "\($0)" })
        }
        if let numbers = attempt({ try config.requiredDoubleArray(forKey: key) }) {
            return .list(numbers.map { "\($0)" })
        }
        // swift-configuration's own errors say that the value is missing, or of another type.
        if let failure, !String(reflecting: type(of: failure)).hasPrefix("Configuration.") {
            problem(components, nil, "the provider failed: \(failure)")
        }
        return nil
    }
}
#endif

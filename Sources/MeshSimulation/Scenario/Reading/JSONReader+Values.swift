import MeshCore
import ServiceMesh

extension JSONReader {
    /// Reads an object whose members are known.
    mutating func fields(
        required: [String] = [],
        optional: [String] = [],
        _ member: (inout JSONReader, _ name: String) throws(DocumentError) -> Void
    ) throws(DocumentError) {
        let start = try position()
        var seen: Set<String> = []
        try object { reader, name throws(DocumentError) in
            guard required.contains(name) || optional.contains(name) else {
                let hint = nearestName(to: name, among: required + optional).map { "; did you mean \"\($0)\"?" } ?? ""
                throw reader.error("there is no such key\(hint)", at: try reader.position())
            }
            seen.insert(name)
            try member(&reader, name)
        }
        if let missing = required.first(where: { !seen.contains($0) }) {
            throw error("\"\(missing)\" is missing", at: start)
        }
    }

    /// Reads a duration as the configuration writes it: `"250ms"`.
    mutating func duration() throws(DocumentError) -> Duration {
        let start = try position()
        guard try kind() == .string else {
            throw error("it must be a duration in quotes, such as \"250ms\"", at: start)
        }
        let text = try string()
        do throws(DurationNotation.Refusal) {
            return try DurationNotation.read(text)
        } catch {
            throw self.error(error.reason, at: start)
        }
    }

    /// Reads a share: `0.2` or `"20%"`.
    mutating func share() throws(DocumentError) -> Fraction {
        let start = try position()
        let value: Double?
        if try kind() == .string {
            let text = try string()
            value = text.hasSuffix("%") ? Double(text.dropLast()).map { $0 / 100 } : nil
        } else {
            value = Double(try number())
        }
        guard let value, let fraction = Fraction(value) else {
            throw error("it must be a share from 0 to 1, or from \"0%\" to \"100%\"", at: start)
        }
        return fraction
    }

    /// Reads a number.
    mutating func double() throws(DocumentError) -> Double {
        let start = try position()
        guard try kind() == .number, let value = Double(try number()) else {
            throw error("it must be a number", at: start)
        }
        return value
    }

    /// Reads a whole number.
    mutating func wholeNumber() throws(DocumentError) -> Int {
        let start = try position()
        guard try kind() == .number, let value = Int(try number()) else {
            throw error("it must be a whole number", at: start)
        }
        return value
    }

    /// Reads one of some words.
    mutating func choice<Value>(_ choices: [(name: String, value: Value)]) throws(DocumentError) -> Value {
        let start = try position()
        let names = choices.map { "\"\($0.name)\"" }.joined(separator: ", ")
        guard try kind() == .string else { throw error("it must be one of \(names)", at: start) }
        let text = try string()
        guard let choice = choices.first(where: { $0.name == text }) else {
            let hint = nearestName(to: text, among: choices.map(\.name)).map { "; did you mean \"\($0)\"?" } ?? ""
            throw error("it must be one of \(names)\(hint)", at: start)
        }
        return choice.value
    }

    /// Reads a list of texts.
    mutating func texts() throws(DocumentError) -> [String] {
        var texts: [String] = []
        try array { reader throws(DocumentError) in texts.append(try reader.string()) }
        return texts
    }

    /// Reads an object of texts.
    mutating func textsByName() throws(DocumentError) -> [String: String] {
        var texts: [String: String] = [:]
        try object { reader, name throws(DocumentError) in texts[name] = try reader.string() }
        return texts
    }

    /// Reads the settings of the mesh, nested as in a file of the configuration.
    mutating func settings(below path: [String] = []) throws(DocumentError) -> [Scenario.Setting] {
        var settings: [Scenario.Setting] = []
        try object { reader, name throws(DocumentError) in
            let path = path + [name]
            if try reader.kind() == .object {
                settings += try reader.settings(below: path)
                return
            }
            let start = try reader.position()
            let value: String
            switch try reader.kind() {
            case .string: value = try reader.string()
            case .number: value = try reader.number()
            case .object, .array, .word: throw reader.error("it must be a text or a number", at: start)
            }
            settings.append(Scenario.Setting(path.joined(separator: "."), value))
        }
        return settings
    }
}

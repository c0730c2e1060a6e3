#if Configuration
import Configuration
import MeshCore

/// A JSON document taken apart into keys and values, those that nobody knows included.
struct ConfigurationDocument: Sendable {
    /// What a member is.
    enum Value: Hashable, Sendable {
        case string(String)
        case integer(Int)
        case number(Double)
        case truth(Bool)
        case strings([String])
        case object
        case null
        /// An array of anything but texts and numbers.
        case mixed
    }

    /// The name in errors, such as the path of the file.
    let name: String
    /// The members that have no members of their own, by the way to them from the root.
    let leaves: [[String]: Value]

    /// Takes a document apart.
    ///
    /// - Throws: `MeshConfigurationError` with line and column if it is not JSON or no object, or if a member appears twice.
    init(name: String, json: some Sequence<UInt8>) throws(MeshConfigurationError) {
        self.name = name
        var reader = JSONReader(Array(json))
        var leaves: [[String]: Value] = [:]
        do throws(DocumentError) {
            guard try reader.kind() == .object else {
                throw reader.error("it is not a JSON object", at: try reader.position())
            }
            try Self.collect(&reader, at: [], into: &leaves)
            try reader.end()
        } catch {
            throw MeshConfigurationError(problems: [.init(key: "", reason: "\(error)", source: name)])
        }
        self.leaves = leaves
    }

    /// A provider of the values that a configuration can have.
    func provider() -> InMemoryProvider {
        var values: [AbsoluteConfigKey: ConfigValue] = [:]
        for (path, value) in leaves {
            let content: ConfigContent
            switch value {
            case .string(let text): content = .string(text)
            case .integer(let integer): content = .int(integer)
            case .number(let number): content = .double(number)
            case .truth(let truth): content = .bool(truth)
            case .strings(let list): content = .stringArray(list)
            case .object, .null, .mixed: continue
            }
            values[AbsoluteConfigKey(path)] = ConfigValue(content, isSecret: false)
        }
        return InMemoryProvider(name: name, values: values)
    }

    /// Reads the object that comes next.
    private static func collect(
        _ reader: inout JSONReader,
        at path: [String],
        into leaves: inout [[String]: Value]
    ) throws(DocumentError) {
        var isEmpty = true
        try reader.object { reader, name throws(DocumentError) in
            isEmpty = false
            let path = path + [name]
            if try reader.kind() == .object {
                try collect(&reader, at: path, into: &leaves)
            } else {
                leaves[path] = try value(&reader)
            }
        }
        if isEmpty, !path.isEmpty { leaves[path] = .object }
    }

    private static func value(_ reader: inout JSONReader) throws(DocumentError) -> Value {
        switch try reader.kind() {
        case .string: return .string(try reader.string())
        case .word: return try reader.word().map(Value.truth) ?? .null
        case .number: return try number(&reader)
        case .object:
            var ignored: [[String]: Value] = [:]
            try collect(&reader, at: [], into: &ignored)
            return .object
        case .array:
            var texts: [String]? = []
            try reader.array { reader throws(DocumentError) in
                switch try value(&reader) {
                case .string(let text): texts?.append(text)
                case .integer(let integer): texts?.append("\(integer)")
                default: texts = nil
                }
            }
            return texts.map(Value.strings) ?? .mixed
        }
    }

    private static func number(_ reader: inout JSONReader) throws(DocumentError) -> Value {
        let start = try reader.position()
        let text = try reader.number()
        if let integer = Int(text) { return .integer(integer) }
        guard let number = Double(text), number.isFinite else {
            throw reader.error("the number is too large", at: start)
        }
        return Int(exactly: number).map(Value.integer) ?? .number(number)
    }
}
#endif

#if Configuration
import Configuration

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

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
    /// - Throws: `MeshConfigurationError` if it is not JSON, or no object.
    init(name: String, json: some Sequence<UInt8>) throws(MeshConfigurationError) {
        self.name = name
        let root: Node
        do {
            root = try JSONDecoder().decode(Node.self, from: Data(json))
        } catch {
            let reason = Self.reason(error)
            throw MeshConfigurationError(problems: [.init(key: "", reason: "it is not JSON: \(reason)", source: name)])
        }
        guard case .object(let members) = root else {
            throw MeshConfigurationError(problems: [.init(key: "", reason: "it is not a JSON object", source: name)])
        }
        var leaves: [[String]: Value] = [:]
        Self.collect(members, at: [], into: &leaves)
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

    private static func collect(_ members: [String: Node], at path: [String], into leaves: inout [[String]: Value]) {
        for (name, node) in members {
            let path = path + [name]
            switch node {
            case .object(let members) where !members.isEmpty: collect(members, at: path, into: &leaves)
            case .object: leaves[path] = .object
            case .leaf(let value): leaves[path] = value
            case .array(let nodes):
                let texts = nodes.compactMap { node -> String? in
                    switch node {
                    case .leaf(.string(let text)): text
                    case .leaf(.integer(let integer)): "\(integer)"
                    default: nil
                    }
                }
                leaves[path] = texts.count == nodes.count ? .strings(texts) : .mixed
            }
        }
    }

    private static func reason(_ error: any Error) -> String {
        guard case .dataCorrupted(let context)? = error as? DecodingError else { return "\(error)" }
        return context.underlyingError.map { "\($0)" } ?? context.debugDescription
    }

    private indirect enum Node: Decodable {
        case object([String: Node])
        case array([Node])
        case leaf(Value)

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if container.decodeNil() {
                self = .leaf(.null)
            } else if let truth = try? container.decode(Bool.self) {
                self = .leaf(.truth(truth))
            } else if let integer = try? container.decode(Int.self) {
                self = .leaf(.integer(integer))
            } else if let number = try? container.decode(Double.self) {
                self = .leaf(.number(number))
            } else if let text = try? container.decode(String.self) {
                self = .leaf(.string(text))
            } else if let nodes = try? container.decode([Node].self) {
                self = .array(nodes)
            } else {
                self = .object(try container.decode([String: Node].self))
            }
        }
    }
}
#endif

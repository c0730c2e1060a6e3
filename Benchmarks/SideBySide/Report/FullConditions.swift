#if AsyncHTTPClient && Transport
import Foundation

/// The conditions with the servers and the programs of others among them.
struct FullConditions: Encodable, Sendable {
    let conditions: Conditions
    let backend: String
    let peers: [String]

    func encode(to encoder: any Encoder) throws {
        try conditions.encode(to: encoder)
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(backend, forKey: .backend)
        try container.encode(peers, forKey: .peers)
    }

    private enum Key: CodingKey { case backend, peers }
}

extension Encodable {
    /// One JSON object with keys like `in_flight`, for a person or a program.
    func prettyJSON() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}
#endif

#if AsyncHTTPClient
import Foundation

extension Comparison {
    /// The same as one JSON object: `conditions`, `results` (medians) and `ratios` (to the first client).
    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        let document = Document(
            conditions: .init(conditions: conditions, backend: backend),
            results: levels.flatMap { level in clients.map { result(of: $0, inFlight: level) } },
            ratios: levels.flatMap { level in clients.dropFirst().map { ratios(of: $0, inFlight: level) } }
        )
        return String(decoding: try encoder.encode(document), as: UTF8.self)
    }

    private func result(of client: String, inFlight level: Int) -> Result {
        let rps = spread(of: \.rps, client, inFlight: level)
        return Result(
            client: client,
            inFlight: level,
            rps: rps.median,
            rpsMin: rps.minimum,
            rpsMax: rps.maximum,
            p50Us: spread(of: \.p50Us, client, inFlight: level).median,
            p99Us: spread(of: \.p99Us, client, inFlight: level).median,
            cpuUsPerRequest: spread(of: \.cpuUsPerRequest, client, inFlight: level).median,
            rssMb: spread(of: \.rssMb, client, inFlight: level).median
        )
    }

    private func ratios(of client: String, inFlight level: Int) -> Ratios {
        let rps = ratio(of: \.rps, client, inFlight: level)
        let p50 = ratio(of: \.p50Us, client, inFlight: level)
        return Ratios(
            client: client,
            against: clients[0],
            inFlight: level,
            rps: rps.median,
            rpsMin: rps.minimum,
            rpsMax: rps.maximum,
            p50: p50.median,
            p50Min: p50.minimum,
            p50Max: p50.maximum,
            cpu: ratio(of: \.cpuUsPerRequest, client, inFlight: level).median
        )
    }
}

private struct Document: Encodable {
    let conditions: FullConditions
    let results: [Result]
    let ratios: [Ratios]
}

/// The conditions with the backend among them.
private struct FullConditions: Encodable {
    let conditions: Conditions
    let backend: String

    func encode(to encoder: any Encoder) throws {
        try conditions.encode(to: encoder)
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(backend, forKey: .backend)
    }

    private enum Key: CodingKey { case backend }
}

private struct Result: Encodable {
    let client: String
    let inFlight: Int
    let rps: Double
    let rpsMin: Double
    let rpsMax: Double
    let p50Us: Double
    let p99Us: Double
    let cpuUsPerRequest: Double
    let rssMb: Double
}

private struct Ratios: Encodable {
    let client: String
    let against: String
    let inFlight: Int
    let rps: Double
    let rpsMin: Double
    let rpsMax: Double
    let p50: Double
    let p50Min: Double
    let p50Max: Double
    let cpu: Double
}
#endif

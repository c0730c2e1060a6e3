#if AsyncHTTPClient
import Foundation

extension ExperimentResult {
    /// The same, for programs: one object with a key for each client, and `endpoints`.
    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}

extension ExperimentResult: Encodable {
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        for client in clients {
            try container.encode(Summary(client.scores), forKey: Key(client.name))
        }
        try container.encode(endpoints.map(summary), forKey: Key("endpoints"))
    }

    private func summary(of endpoint: Endpoint) -> EndpointSummary {
        EndpointSummary(
            endpoint: endpoint.address,
            fault: endpoint.fault?.description ?? "none",
            state: endpoint.opinion,
            ejections: endpoint.ejections,
            share: Dictionary(uniqueKeysWithValues: clients.map { ($0.name, share(of: endpoint, for: $0)) })
        )
    }

    private struct Summary: Encodable {
        let requests: Int
        let successRate: Double
        let p50Ms: Double
        let p99Ms: Double
        let p999Ms: Double

        init(_ scores: Scores) {
            requests = scores.ended
            successRate = scores.successRate
            p50Ms = scores.latency.milliseconds(atPercentile: 50)
            p99Ms = scores.latency.milliseconds(atPercentile: 99)
            p999Ms = scores.latency.milliseconds(atPercentile: 99.9)
        }
    }

    private struct EndpointSummary: Encodable {
        let endpoint: String
        let fault: String
        let state: String
        let ejections: Int
        let share: [String: Double]
    }

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(_ name: String) { stringValue = name }
        init?(stringValue: String) { self.init(stringValue) }
        init?(intValue: Int) { nil }
    }
}
#endif

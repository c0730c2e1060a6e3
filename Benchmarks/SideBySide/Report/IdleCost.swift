#if AsyncHTTPClient && Transport
/// What came out of clients that did nothing.
struct IdleCost: Sendable {
    /// Bytes per connection that the project promises for its own transport.
    static let promised = 20.0 * 1024
    static let promisedOf = "mesh-native"

    private let conditions: Conditions
    private let backend: String
    private let clients: [String]
    private let isChecked: Bool
    private var rounds: [String: [IdleMemory]] = [:]

    init(conditions: Conditions, stage: Stage, isChecked: Bool) {
        self.conditions = conditions
        backend = stage.backends.description
        clients = stage.field.names
        self.isChecked = isChecked
    }

    mutating func add(_ memory: IdleMemory, of client: String) {
        rounds[client, default: []].append(memory)
    }

    private func spread(of quantity: (IdleMemory) -> Double, _ client: String) -> Spread? {
        Spread(rounds[client, default: []].map(quantity))
    }

    private var isMet: Bool? {
        spread(of: \.bytesPerConnection, Self.promisedOf).map { $0.median <= Self.promised }
    }

    /// Conditions and a table.
    func markdown() -> String {
        var lines = [
            "\(conditions.date), \(conditions.os), Swift \(conditions.swift), \(conditions.buildConfiguration) build. "
                + "Backend: \(backend). Medians of \(conditions.rounds) rounds (lowest to highest).",
            "",
        ]
        var table = MarkdownTable([
            "<client", "connections", "RSS before MB", "RSS after MB", "bytes per connection",
        ])
        for client in clients {
            table.add([
                client,
                spread(of: { Double($0.connections) }, client).medianText(0),
                spread(of: \.beforeMb, client).medianText(1),
                spread(of: \.afterMb, client).medianText(1),
                spread(of: \.bytesPerConnection, client).text(0),
            ])
        }
        lines += table.lines
        if isChecked {
            let verdict = isMet.map { $0 ? "met" : "missed" } ?? "not measured"
            lines += ["", "\(Self.promisedOf), at most \(Self.promised.fixed(0)) bytes per connection: \(verdict)."]
        }
        return lines.joined(separator: "\n")
    }

    /// The same as one JSON object.
    func json() throws -> String {
        let document = Document(
            conditions: FullConditions(conditions: conditions, backend: backend, peers: []),
            results: clients.map { client in
                Result(
                    client: client,
                    connections: spread(of: { Double($0.connections) }, client).map { Int($0.median) },
                    rssBeforeMb: spread(of: \.beforeMb, client)?.median,
                    rssAfterMb: spread(of: \.afterMb, client)?.median,
                    bytesPerConnection: spread(of: \.bytesPerConnection, client)?.median
                )
            },
            promises: !isChecked
                ? nil : [CheckedPromise(client: Self.promisedOf, bytesPerConnection: Self.promised, met: isMet)]
        )
        return try document.prettyJSON()
    }
}

private struct Document: Encodable {
    let conditions: FullConditions
    let results: [Result]
    let promises: [CheckedPromise]?
}

private struct Result: Encodable {
    let client: String
    let connections: Int?
    let rssBeforeMb: Double?
    let rssAfterMb: Double?
    let bytesPerConnection: Double?
}

private struct CheckedPromise: Encodable {
    let client: String
    let bytesPerConnection: Double
    /// Nil if it was not measured.
    let met: Bool?
}
#endif

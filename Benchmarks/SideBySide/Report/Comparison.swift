#if AsyncHTTPClient
/// All measurements of a run.
struct Comparison: Sendable {
    let conditions: Conditions
    let backend: String
    let clients: [String]
    let levels: [Int]
    private var rounds: [Key: [Measurement]] = [:]

    private struct Key: Hashable {
        let client: String
        let level: Int
    }

    init(conditions: Conditions, backend: String, clients: [String], levels: [Int]) {
        self.conditions = conditions
        self.backend = backend
        self.clients = clients
        self.levels = levels
    }

    mutating func add(_ measurement: Measurement, of client: String, inFlight level: Int) {
        rounds[Key(client: client, level: level), default: []].append(measurement)
    }

    /// One quantity of a client over the rounds.
    func spread(of quantity: (Measurement) -> Double, _ client: String, inFlight level: Int) -> Spread {
        Spread(rounds[Key(client: client, level: level), default: []].map(quantity))
    }

    /// A quantity of a client as a multiple of the first client's, round by round: what slows the machine for a while
    /// slows both, and falls out.
    func ratio(of quantity: (Measurement) -> Double, _ client: String, inFlight level: Int) -> Spread {
        let reference = rounds[Key(client: clients[0], level: level), default: []]
        let measured = rounds[Key(client: client, level: level), default: []]
        return Spread(zip(measured, reference).map { quantity($0) / quantity($1) })
    }
}
#endif

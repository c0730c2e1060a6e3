#if AsyncHTTPClient && Transport
/// What came out of clients that were given a rate.
struct CostAtRate: Sendable {
    let conditions: Conditions
    let backend: String
    let clients: [String]
    let missing: [Field.Missing]
    let peers: [String]
    /// Calls per second.
    let rate: Int
    var rounds = Rounds()

    init(conditions: Conditions, stage: Stage, rate: Int) {
        self.conditions = conditions
        backend = stage.backends.description
        clients = stage.field.names
        missing = stage.field.missing
        peers = stage.field.peers
        self.rate = rate
    }

    /// A quantity of a client.
    func spread(of quantity: (Measurement) -> Double?, _ client: String) -> Spread? {
        rounds.spread(of: quantity, client, at: rate)
    }

    /// What a client adds to the first one's quantity; nil for the first one itself.
    func added(_ quantity: (Measurement) -> Double, by client: String) -> Spread? {
        client == clients[0] ? nil : rounds.difference(of: quantity, client, to: clients[0], at: rate)
    }
}

extension Measurement {
    /// Processors that would be busy at 1,000 calls per second.
    var vcpuPer1000Rps: Double { totalCpuUsPerRequest / 1000 }

    /// Memory for each 1,000 calls per second.
    var mbPer1000Rps: Double { totalRssMb / rps * 1000 }
}
#endif

#if AsyncHTTPClient && Transport
/// All measurements of a run: of each client, under each load, in the order of the rounds.
struct Rounds: Sendable {
    private struct Key: Hashable {
        let client: String
        let level: Int
    }

    private var measurements: [Key: [Measurement]] = [:]

    mutating func add(_ measurement: Measurement, of client: String, at level: Int) {
        measurements[Key(client: client, level: level), default: []].append(measurement)
    }

    /// One quantity of a client over the rounds; nil if it was not measured.
    func spread(of quantity: (Measurement) -> Double?, _ client: String, at level: Int) -> Spread? {
        Spread(self[client, level].compactMap(quantity))
    }

    /// A quantity of a client as a multiple of another's, round by round: what slows the machine for a while slows both,
    /// and falls out.
    func ratio(of quantity: (Measurement) -> Double, _ client: String, to other: String, at level: Int) -> Spread? {
        Spread(zip(self[client, level], self[other, level]).map { quantity($0) / quantity($1) })
    }

    /// What a client has more of than another, round by round.
    func difference(of quantity: (Measurement) -> Double, _ client: String, to other: String, at level: Int) -> Spread?
    {
        Spread(zip(self[client, level], self[other, level]).map { quantity($0) - quantity($1) })
    }

    private subscript(client: String, level: Int) -> [Measurement] {
        measurements[Key(client: client, level: level), default: []]
    }
}
#endif

#if AsyncHTTPClient && Transport
/// What came out of clients that went as fast as they could.
struct Comparison: Sendable {
    let conditions: Conditions
    let backend: String
    /// Those that were measured.
    let clients: [String]
    let missing: [Field.Missing]
    let peers: [String]
    let levels: [Int]
    var rounds = Rounds()
    var verdicts: [Promise.Verdict]?

    init(conditions: Conditions, stage: Stage, levels: [Int]) {
        self.conditions = conditions
        backend = stage.backends.description
        clients = stage.field.names
        missing = stage.field.missing
        peers = stage.field.peers
        self.levels = levels
    }
}
#endif

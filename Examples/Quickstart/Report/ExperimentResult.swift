#if AsyncHTTPClient
/// What the experiment found.
struct ExperimentResult: Sendable {
    let schedule: ArrivalSchedule
    let clients: [Client]
    let endpoints: [Endpoint]

    struct Client: Sendable {
        let name: String
        let scores: Scores
    }

    struct Endpoint: Sendable {
        let address: String
        /// What was done to it during the run.
        let fault: Fault?
        /// How the mesh saw it at the end.
        let opinion: String
        /// How often the mesh ejected it.
        let ejections: Int
    }

    /// Which share of a client's answers came from an endpoint, over the whole run.
    func share(of endpoint: Endpoint, for client: Client) -> Double {
        let answers = client.scores.answers
        return Double(answers[endpoint.address] ?? 0) / Double(max(1, answers.values.reduce(0, +)))
    }
}
#endif

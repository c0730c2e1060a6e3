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
        /// Requests that reached it over the whole run, by client.
        let arrivals: [String: Int]
        /// How the mesh saw it at the end.
        let opinion: String
        /// How often the mesh ejected it.
        let ejections: Int
    }

    /// Which share of a client's arrivals an endpoint got.
    func share(of endpoint: Endpoint, for client: String) -> Double {
        let total = endpoints.reduce(0) { $0 + ($1.arrivals[client] ?? 0) }
        return Double(endpoint.arrivals[client] ?? 0) / Double(max(1, total))
    }
}
#endif

import MeshCore

/// An endpoint as one endpoint set describes it, with the state that it shares with its earlier descriptions.
final class EndpointNode: Sendable {
    let endpoint: Endpoint
    let state: EndpointState
    /// One over the weight: what load is multiplied with, so that a heavy endpoint looks less loaded.
    let inverseWeight: Float
    private let drained: @Sendable (Endpoint) -> Void

    init(endpoint: Endpoint, state: EndpointState, drained: @escaping @Sendable (Endpoint) -> Void) {
        self.endpoint = endpoint
        self.state = state
        self.drained = drained
        self.inverseWeight = 1 / Float(max(endpoint.weight, 1))
    }

    func end(_ outcome: Outcome, latency: UInt64, ticket: HealthTicket, at now: MeshInstant) {
        if state.end(outcome, latency: latency, ticket: ticket, at: now) { drained(endpoint) }
    }

    func remove() {
        if state.remove() { drained(endpoint) }
    }
}

import MeshCore

/// An endpoint as one endpoint set describes it, with the state that it shares with its earlier descriptions.
final class EndpointNode: Sendable {
    let endpoint: Endpoint
    let state: EndpointState
    private let drained: @Sendable (Endpoint) -> Void

    init(endpoint: Endpoint, state: EndpointState, drained: @escaping @Sendable (Endpoint) -> Void) {
        self.endpoint = endpoint
        self.state = state
        self.drained = drained
    }

    func admit(at now: MeshInstant) -> HealthTicket? {
        Unmanaged.passUnretained(state)._withUnsafeGuaranteedRef { $0.admit(at: now) }
    }

    func end(
        _ outcome: Outcome,
        startedAt: MeshInstant,
        headLatency: UInt64?,
        ticket: HealthTicket,
        at now: MeshInstant
    ) {
        if state.end(outcome, startedAt: startedAt, headLatency: headLatency, ticket: ticket, at: now) {
            drained(endpoint)
        }
    }

    /// A call that had begun is not made after all.
    func abandon() {
        if state.abandon() { drained(endpoint) }
    }

    func remove() {
        if state.remove() { drained(endpoint) }
    }
}

public import MeshCore

/// The right to make one call to one endpoint.
///
/// A lease must end exactly once, which the compiler sees to: ``end(_:at:)`` consumes it, and one that is dropped ends
/// as `Outcome.inconclusive`. The balancer's load and latency and the breaker's windows change at that moment and at
/// no other.
public struct Lease: ~Copyable, Sendable {
    let node: EndpointNode
    let ticket: HealthTicket
    let startedAt: MeshInstant
    private var headLatency: UInt64?
    private var isOver = false

    /// Takes over a call that the picker has begun.
    init(node: EndpointNode, ticket: HealthTicket, at now: MeshInstant) {
        self.node = node
        self.ticket = ticket
        self.startedAt = now
    }

    /// The endpoint to ask.
    public var endpoint: Endpoint { node.endpoint }

    /// Whether this call decides if an ejected endpoint is re-admitted.
    public var isProbe: Bool { ticket.isProbe }

    /// The head of a streaming response is in: what the endpoint took is known now, however long its body is read. Only
    /// the first time counts.
    public mutating func headArrived(at now: MeshInstant) {
        guard headLatency == nil else { return }
        headLatency = now.nanoseconds(since: startedAt)
        node.state.headArrived()
    }

    /// Ends the lease.
    ///
    /// Three atomic operations, and the breaker's window under its lock. Does not allocate, does not suspend.
    public consuming func end(_ outcome: Outcome, at now: MeshInstant) {
        isOver = true
        node.end(outcome, startedAt: startedAt, headLatency: headLatency, ticket: ticket, at: now)
    }

    deinit {
        guard !isOver else { return }
        // Nothing is learnt from it, so its time matters to nobody.
        node.end(.inconclusive, startedAt: startedAt, headLatency: headLatency, ticket: ticket, at: startedAt)
    }
}

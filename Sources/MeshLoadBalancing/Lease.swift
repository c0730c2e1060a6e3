public import MeshCore

/// The right to make one call to one endpoint.
///
/// A lease must end exactly once, which the compiler sees to: ``end(_:at:)`` consumes it, and one that is dropped ends
/// as `Outcome.inconclusive`. The balancer's load and latency and the breaker's windows change at that moment and at
/// no other; except that a probe has its verdict as soon as its head is in.
public struct Lease: ~Copyable, Sendable {
    /// Alive, because the call is in flight: see ``EndpointNode``.
    let node: Unmanaged<EndpointNode>
    let ticket: HealthTicket
    let startedAt: MeshInstant
    private var headLatency: UInt64?

    /// Takes over a call that the picker has begun.
    init(node: Unmanaged<EndpointNode>, ticket: HealthTicket, at now: MeshInstant) {
        self.node = node
        self.ticket = ticket
        self.startedAt = now
    }

    /// The endpoint to ask.
    public var endpoint: Endpoint { node._withUnsafeGuaranteedRef { $0.endpoint } }

    /// Whether this call decides if an ejected endpoint is re-admitted.
    public var isProbe: Bool { ticket.isProbe }

    /// The head of a streaming response is in, and it was good: what the endpoint took is known now, however long its
    /// body is read. Only the first time counts.
    ///
    /// If the call is a probe it has succeeded, because its body may be read for longer than a probe may take. What becomes
    /// of the body counts only if it fails, as the failure of an ordinary call.
    public mutating func headArrived(at now: MeshInstant) {
        guard headLatency == nil else { return }
        headLatency = now.nanoseconds(since: startedAt)
        node._withUnsafeGuaranteedRef { node in
            node.headArrived()
            if ticket.isProbe { node.record(.success, of: ticket, at: now) }
        }
    }

    /// Whether the policy follows what endpoints report of their load.
    public var takesLoadReports: Bool { node._withUnsafeGuaranteedRef { $0.state.reported != nil } }

    /// Whether a report of the endpoint's load is of use at `now`: the policy follows reports, and the last one is not of
    /// the same millisecond. To be asked before one is parsed.
    public func wantsLoadReport(at now: MeshInstant) -> Bool {
        node._withUnsafeGuaranteedRef { $0.wantsLoadReport(at: now) }
    }

    /// What the endpoint said of its load.
    public func record(_ report: LoadReport, at now: MeshInstant) {
        node._withUnsafeGuaranteedRef { $0.record(report, at: now) }
    }

    /// Whether the policy follows what endpoints answer to probes, be it on the back of a response.
    public var wantsProbeResponse: Bool { node._withUnsafeGuaranteedRef { $0.wantsProbeResponses } }

    /// What the endpoint said of its requests in flight and their latency.
    public func record(_ response: ProbeResponse, at now: MeshInstant) {
        node._withUnsafeGuaranteedRef { $0.record(response, at: now) }
    }

    /// Ends the lease.
    ///
    /// Two atomic operations and what the breaker does, on cache lines that other cores seldom write. Does not allocate,
    /// does not suspend.
    public consuming func end(_ outcome: Outcome, at now: MeshInstant) {
        finish(outcome, at: now)
        discard self
    }

    deinit {
        // Nothing is learnt from it, so its time matters to nobody.
        finish(.inconclusive, at: startedAt)
    }

    private func finish(_ outcome: Outcome, at now: MeshInstant) {
        node._withUnsafeGuaranteedRef { node in
            node.learn(outcome, latency: headLatency ?? now.nanoseconds(since: startedAt), at: now)
            if headLatency == nil {
                node.record(outcome, of: ticket, at: now)
                node.endWaiting()
            } else {
                if !ticket.isProbe {
                    node.record(outcome, of: ticket, at: now)
                } else if outcome.isFault {
                    node.record(outcome, of: HealthTicket(epoch: ticket.epoch), at: now)
                }
                node.endReading()
            }
        }
    }
}

extension Outcome {
    /// Whether it says something bad about the endpoint.
    fileprivate var isFault: Bool {
        switch verdict {
        case .failure, .overloaded: true
        case .success, .inconclusive: false
        }
    }
}

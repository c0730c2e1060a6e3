import MeshCore
import MeshLoadBalancing

/// The network of a fleet as one client sees it.
struct SimulatedTransport: Transport {
    let fleet: Fleet
    /// The place of the client in the fleet.
    let client: Int
    let zone: String

    func send(_ request: SimulatedRequest, to endpoint: Endpoint, context: CallContext) async throws
        -> SimulatedResponse
    {
        guard let server = fleet.server(at: endpoint.address) else { throw SimulatedNetworkError.refused }
        fleet.recorder.sent(attempt: context.attempt, by: client, to: server.number)
        let latency = fleet.latency(from: zone, to: server.zone)
        let exchange = Exchange(to: server, latency: latency, in: fleet.time)
        context.cancellation?.onCancel { exchange.abandon($0) }
        return try await withTaskCancellationHandler {
            try await exchange.run()
        } onCancel: {
            exchange.abandon(CancellationError())
        }
    }
}

extension SimulatedTransport: EndpointProber {
    /// Travels as a request does. A server that does not answer, and one that answers too late, give no answer.
    func probe(_ endpoint: Endpoint, timeout: Duration) async -> ProbeResponse? {
        guard let server = fleet.server(at: endpoint.address) else { return nil }
        fleet.recorder.probed(server.number, by: client)
        let latency = fleet.latency(from: zone, to: server.zone)
        guard 2 * latency <= UInt64(max(timeout.clampedNanoseconds, 0)) else { return nil }
        guard latency > 0 else { return server.probe() }
        let time = fleet.time
        return await withCheckedContinuation { continuation in
            @Sendable func afterLatency(_ action: @escaping @Sendable () -> Void) {
                let instant = MeshInstant(nanoseconds: time.now.nanoseconds + latency)
                time.schedule(at: instant, action, calledOff: { continuation.resume(returning: nil) })
            }
            afterLatency {
                let answer = server.probe()
                afterLatency { continuation.resume(returning: answer) }
            }
        }
    }
}

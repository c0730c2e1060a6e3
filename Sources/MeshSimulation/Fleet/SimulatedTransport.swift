import MeshCore

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

import MeshCore
import MeshLoadBalancing
import Synchronization

/// The transports that hold connections to the endpoints of one service.
final class TransportRoster: Sendable {
    private struct State {
        /// `nil` once they are closed.
        var transports: [any Transport]? = []
        /// Weak, because the balancer holds whoever hears of what has drained.
        weak var balancer: LoadBalancer?
    }

    private let state = Mutex(State())

    /// Takes this balancer at its word about which endpoints there are.
    func follow(_ balancer: LoadBalancer) {
        state.withLock { $0.balancer = balancer }
    }

    /// Takes a transport in, unless it is too late to close it.
    func add(_ transport: any Transport) -> Bool {
        state.withLock { state in
            state.transports?.append(transport)
            return state.transports != nil
        }
    }

    /// These endpoints joined the set of `service`.
    func prepare(_ endpoints: [Endpoint], for service: ServiceName) {
        for transport in state.withLock({ $0.transports ?? [] }) { prepare(endpoints, for: service, in: transport) }
    }

    /// Tells one transport, which may have come later than the endpoints.
    func prepare(_ endpoints: [Endpoint], for service: ServiceName, in transport: any Transport) {
        let balancer = state.withLock { $0.balancer }
        for endpoint in endpoints {
            transport.prepare(endpoint, for: service)
            // It may have left in this moment, on another thread, and nobody would retire it again.
            if balancer?.contains(endpoint.address) == false { transport.retire(endpoint) }
        }
    }

    /// The endpoint left its set and no call is left: its connections can be closed, unless it has come back meanwhile and
    /// uses them again. If it comes back later, it gets others.
    func retire(_ endpoint: Endpoint) {
        let (transports, balancer) = state.withLock { ($0.transports ?? [], $0.balancer) }
        guard balancer?.contains(endpoint.address) != true else { return }
        for transport in transports { transport.retire(endpoint) }
    }

    func shutdown() async {
        for transport in state.withLock({ $0.transports.take() ?? [] }) { await transport.shutdown() }
    }
}

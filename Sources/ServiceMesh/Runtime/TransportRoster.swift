import MeshCore
import Synchronization

/// The transports that hold connections to the endpoints of one service.
final class TransportRoster: Sendable {
    private let transports = Mutex<[any Transport]>([])

    func add(_ transport: any Transport) {
        transports.withLock { $0.append(transport) }
    }

    /// The endpoint is gone and no call is left: its connections can be closed. If it comes back, so do they.
    func retire(_ endpoint: Endpoint) {
        for transport in transports.withLock({ $0 }) { transport.retire(endpoint) }
    }

    func shutdown() async {
        for transport in transports.withLock({ $0 }) { await transport.shutdown() }
    }
}

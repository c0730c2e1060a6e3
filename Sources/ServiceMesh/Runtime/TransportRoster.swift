import MeshCore
import Synchronization

/// The transports that hold connections to the endpoints of one service.
final class TransportRoster: Sendable {
    /// `nil` once they are closed.
    private let transports = Mutex<[any Transport]?>([])

    /// Takes a transport in, unless it is too late to close it.
    func add(_ transport: any Transport) -> Bool {
        transports.withLock { transports in
            transports?.append(transport)
            return transports != nil
        }
    }

    /// The endpoint is gone and no call is left: its connections can be closed. If it comes back, so do they.
    func retire(_ endpoint: Endpoint) {
        for transport in transports.withLock({ $0 ?? [] }) { transport.retire(endpoint) }
    }

    func shutdown() async {
        for transport in transports.withLock({ $0.take() ?? [] }) { await transport.shutdown() }
    }
}

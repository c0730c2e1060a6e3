#if Transport
import MeshCore
import MeshTLS
import NIOCore

/// A connection to an endpoint, of either version of HTTP. Lives on the event loop of its pool.
class Connection: PooledConnection {
    final var record: ConnectionRecord
    final let pool: EndpointPool
    final let channel: any Channel
    /// How TLS began, where there is TLS: knows what its errors mean.
    final var handshake: ClientHandshake?

    init(_ channel: any Channel, capacity: Int, in pool: EndpointPool) {
        self.channel = channel
        self.pool = pool
        let now = NIODeadline.now()
        record = ConnectionRecord(capacity: capacity, at: now, expiresAt: pool.expiry(from: now))
    }

    final var address: Address { pool.key.address }

    var negotiated: HTTPVersion { preconditionFailure("a connection has a protocol") }

    /// What to tell the caller about an error of the channel.
    final func explained(_ error: any Error) -> any Error { handshake?.error(for: error) ?? error }

    /// Carries an exchange. The pool has counted it.
    func start(_ exchange: Exchange) { preconditionFailure("a connection has a protocol") }

    /// Closes when the last exchange has ended; at once if there is none.
    func closeWhenIdle() {
        if record.inUse == 0 { channel.close(promise: nil) }
    }

    /// Fails every exchange and closes.
    func close(failing reason: any Error) { preconditionFailure("a connection has a protocol") }
}
#endif

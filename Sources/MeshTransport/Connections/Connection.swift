#if Transport
import MeshCore
import MeshTLS
import MeshTelemetry
import NIOCore

/// A connection to an endpoint, of either version of HTTP. Lives on the event loop of its pool.
class Connection: PooledConnection {
    final var record: ConnectionRecord
    final let pool: EndpointPool
    final let channel: any Channel
    /// How TLS began, where there is TLS: knows what its errors mean.
    final var handshake: ClientHandshake?
    /// Why it closes, once that is decided. What goes wrong on the way out is no reason any more.
    final private(set) var closeReason: CloseReason?

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

    /// Says why the connection is being closed; the first reason stays.
    final func closes(because reason: CloseReason) { closeReason = closeReason ?? reason }

    /// Carries an exchange. The pool has counted it.
    func start(_ exchange: Exchange) { preconditionFailure("a connection has a protocol") }

    /// Closes if there is no exchange; does nothing while there is one.
    final func closeIfIdle(because reason: CloseReason) {
        guard record.inUse == 0 else { return }
        closes(because: reason)
        closeNow()
    }

    /// Closes, with the last words that the protocol has. Does nothing the second time.
    func closeNow() { preconditionFailure("a connection has a protocol") }

    /// Fails every exchange and closes.
    func shutDown() { preconditionFailure("a connection has a protocol") }
}
#endif

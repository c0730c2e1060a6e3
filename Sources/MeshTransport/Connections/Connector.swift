#if Transport
import MeshCore
import MeshTLS
import NIOCore
import NIOPosix
import NIOSSL

/// Opens a connection for a pool: TCP or a Unix socket, TLS, and the protocol that both sides agree on.
struct Connector {
    private let pool: EndpointPool

    init(_ pool: EndpointPool) {
        self.pool = pool
    }

    private var settings: TransportSettings { pool.lane.settings }
    private var loop: any EventLoop { pool.lane.loop }
    private var address: Address { pool.key.address }

    /// Opens a connection. Fails with a ``TransportError``, in no more than the connect timeout.
    ///
    /// A host name is resolved by the system, and its addresses are tried as RFC 8305 ("Happy Eyeballs") says.
    func connect() -> EventLoopFuture<Connection> {
        let promise = loop.makePromise(of: Connection.self)
        let attempt = Attempt(promise)
        let timer = loop.assumeIsolated().scheduleTask(in: settings.connectTimeout) {
            attempt.fail(TransportError.notConnected(ConnectTimeoutError(after: settings.connectTimeout), to: address))
        }
        bootstrap().assumeIsolated().whenComplete { result in
            switch result {
            case .failure(let error):
                attempt.fail(TransportError.notConnected(error, to: address))
            case .success(let channel):
                attempt.channel = channel
                guard !attempt.isOver else { return channel.close(promise: nil) }
                establish(on: channel, attempt)
            }
        }
        return promise.futureResult.assumeIsolated().always { _ in timer.cancel() }.nonisolated()
    }

    private func bootstrap() -> EventLoopFuture<any Channel> {
        let bootstrap = ClientBootstrap(group: loop)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .connectTimeout(settings.connectTimeout)
        switch address {
        case .ip(let ip, let port):
            do {
                return bootstrap.connect(to: try SocketAddress(ipAddress: "\(ip)", port: Int(port)))
            } catch {
                return loop.makeFailedFuture(error)
            }
        case .host(let name, let port):
            return bootstrap.connect(host: name, port: Int(port))
        case .unix(let path):
            return ClientBootstrap(group: loop).connectTimeout(settings.connectTimeout)
                .connect(unixDomainSocketPath: path)
        }
    }

    /// Makes the handshake, if there is one, and puts the connection at the end of the pipeline.
    private func establish(on channel: any Channel, _ attempt: Attempt) {
        do {
            guard let security = settings.security else {
                return try finish(settings.plaintextProtocol, on: channel, nil, attempt)
            }
            let handshake = try security.makeHandshake(
                with: pool.endpoint,
                serverName: pool.key.serverName,
                applicationProtocols: settings.applicationProtocols
            )
            let watch = HandshakeWatch { result in
                do {
                    let version = try settings.protocolNegotiated(try result.get())
                    try finish(version, on: channel, handshake, attempt)
                } catch {
                    // The reason that the verification gave says more than the alert that followed from it.
                    attempt.fail(TransportError.handshakeFailed(handshake.error(for: error), with: address))
                }
            }
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandlers([handshake.handler, watch])
        } catch {
            attempt.fail(TransportError.handshakeFailed(error, with: address))
        }
    }

    private func finish(
        _ version: HTTPVersion,
        on channel: any Channel,
        _ handshake: ClientHandshake?,
        _ attempt: Attempt
    ) throws {
        let pipeline = channel.pipeline.syncOperations
        switch version {
        case .http1:
            let connection = HTTP1Connection(channel, in: pool)
            connection.handshake = handshake
            try pipeline.addHandler(connection)
            attempt.succeed(connection)
        case .http2:
            let connection = HTTP2Connection(channel, in: pool) { result in
                switch result {
                case .success(let connection): attempt.succeed(connection)
                case .failure(let error): attempt.fail(TransportError.handshakeFailed(error, with: address))
                }
            }
            connection.handshake = handshake
            try pipeline.addHandlers([WriteGatherer(), FrameHandler.make(settings), connection])
        }
    }

    /// One attempt to connect, which ends once.
    private final class Attempt {
        private let promise: EventLoopPromise<Connection>
        var channel: (any Channel)?
        private(set) var isOver = false

        init(_ promise: EventLoopPromise<Connection>) {
            self.promise = promise
        }

        func succeed(_ connection: Connection) {
            guard !isOver else { return }
            isOver = true
            promise.assumeIsolated().succeed(connection)
        }

        func fail(_ error: any Error) {
            guard !isOver else { return }
            isOver = true
            channel?.close(promise: nil)
            promise.fail(error)
        }
    }
}

/// The connection took longer than the connect timeout.
struct ConnectTimeoutError: Error, CustomStringConvertible {
    let timeout: TimeAmount

    init(after timeout: TimeAmount) {
        self.timeout = timeout
    }

    var description: String { "not connected within \(timeout.nanoseconds / 1_000_000) ms" }
}
#endif

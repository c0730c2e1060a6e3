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
    /// It never ends at once, so that a pool is not called back in the middle of what it does.
    func connect() -> Attempt {
        let attempt = Attempt(on: loop)
        let timer = loop.assumeIsolated().scheduleTask(in: settings.connectTimeout) {
            attempt.fail(TransportError.notConnected(ConnectTimeoutError(after: settings.connectTimeout), to: address))
        }
        attempt.result.assumeIsolated().whenComplete { _ in timer.cancel() }
        loop.assumeIsolated().execute { open(attempt) }
        return attempt
    }

    private func open(_ attempt: Attempt) {
        guard !attempt.isOver else { return }
        bootstrap(attempt).assumeIsolated().whenComplete { result in
            switch result {
            case .failure(let error):
                attempt.fail(TransportError.notConnected(error, to: address))
            case .success(let channel):
                guard !attempt.isOver else { return channel.close(promise: nil) }
                establish(on: channel, attempt)
            }
        }
    }

    private func bootstrap(_ attempt: Attempt) -> EventLoopFuture<any Channel> {
        let bound = NIOLoopBound(attempt, eventLoop: loop)
        let bootstrap = ClientBootstrap(group: loop)
            .channelInitializer { channel in
                bound.value.add(channel)
                return channel.eventLoop.makeSucceededVoidFuture()
            }
            .connectTimeout(settings.connectTimeout)
        switch address {
        case .ip(let ip, let port):
            do {
                return tcp(bootstrap).connect(to: try SocketAddress(ipAddress: "\(ip)", port: Int(port)))
            } catch {
                return loop.makeFailedFuture(error)
            }
        case .host(let name, let port):
            return tcp(bootstrap).resolver(settings.makeResolver(on: loop)).connect(host: name, port: Int(port))
        case .unix(let path):
            return bootstrap.connect(unixDomainSocketPath: path)
        }
    }

    private func tcp(_ bootstrap: ClientBootstrap) -> ClientBootstrap {
        settings.keepAliveProbes.options.reduce(
            bootstrap
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .channelOption(.socketOption(.so_keepalive), value: 1)
        ) { $0.channelOption(.tcpOption($1.name), value: $1.value) }
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
                guard !attempt.isOver else { return }
                do {
                    let version = try settings.protocolNegotiated(try result.get())
                    try finish(version, on: channel, handshake, attempt)
                } catch {
                    // The reason that the verification gave says more than the alert that followed from it.
                    attempt.fail(TransportError.handshakeFailed(handshake.error(for: error), with: address))
                }
            }
            try handshake.install(on: channel)
            try channel.pipeline.syncOperations.addHandler(watch)
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
    final class Attempt {
        private let promise: EventLoopPromise<Connection>
        /// One for each address that was tried.
        private var channels: [any Channel] = []
        private(set) var isOver = false

        init(on loop: any EventLoop) {
            promise = loop.makePromise(of: Connection.self)
        }

        var result: EventLoopFuture<Connection> { promise.futureResult }

        fileprivate func add(_ channel: any Channel) {
            if isOver { channel.close(promise: nil) } else { channels.append(channel) }
        }

        func succeed(_ connection: Connection) {
            guard !isOver else { return }
            isOver = true
            channels = []
            promise.assumeIsolated().succeed(connection)
        }

        func fail(_ error: any Error) {
            guard !isOver else { return }
            isOver = true
            for channel in channels { channel.close(promise: nil) }
            channels = []
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

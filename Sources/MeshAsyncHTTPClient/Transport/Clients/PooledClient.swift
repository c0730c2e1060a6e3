#if AsyncHTTPClient
import AsyncHTTPClient
import Logging
import MeshCore
import MeshTLS
import NIOCore
import NIOHTTP1
import Synchronization

/// An `HTTPClient` for one endpoint on one event loop, which shuts down once it is retired and its last call is over.
final class PooledClient: Sendable {
    private enum Life {
        case active
        case retired
        case closed
    }

    private struct State {
        var inFlight = 0
        var life = Life.active

        mutating func closesNow() -> Bool {
            guard life == .retired, inFlight == 0 else { return false }
            life = .closed
            return true
        }
    }

    let key: ClientKey
    /// The URL of the endpoint without a path.
    let origin: String
    let templates = RequestTemplates()

    private let client: HTTPClient
    private let connections: ConnectionWatch
    private let verification: LeafVerification?
    private let onRenounced: @Sendable (PooledClient) -> Void
    private let onClosed: @Sendable (PooledClient) -> Void
    private let shutDown = Atomic(false)
    private let state = Mutex(State())

    init(
        _ key: ClientKey,
        configuration: HTTPClient.Configuration,
        verification: LeafVerification?,
        eventLoop: any EventLoop,
        onRenounced: @escaping @Sendable (PooledClient) -> Void,
        onClosed: @escaping @Sendable (PooledClient) -> Void
    ) {
        self.key = key
        origin = key.origin
        connections = ConnectionWatch()
        var configuration = configuration
        configuration.dnsOverride.merge(key.dnsOverride) { _, new in new }
        configuration.http1_1ConnectionDebugInitializer =
            connections.initializer(before: configuration.http1_1ConnectionDebugInitializer)
        configuration.http2ConnectionDebugInitializer =
            configuration.http2ConnectionDebugInitializer.map(ConnectionWatch.closing)
        if let verification { verification.guardConnections(of: &configuration) }
        client = HTTPClient(eventLoopGroup: eventLoop, configuration: configuration)
        self.verification = verification
        self.onRenounced = onRenounced
        self.onClosed = onClosed
    }

    /// Whether the client was told to give up on whatever is still running.
    var isShutDown: Bool { shutDown.load(ordering: .acquiring) }

    /// Where everything happens.
    var eventLoop: any EventLoop { client.eventLoopGroup.any() }

    /// How many calls are under way.
    var inFlight: Int { state.withLock { $0.inFlight } }

    /// Enters a call. Balanced by ``release()``.
    func acquire() {
        state.withLock { $0.inFlight += 1 }
    }

    func release() {
        let isLast = state.withLock { state in
            state.inFlight -= 1
            return state.closesNow()
        }
        if isLast { close() }
    }

    /// No more calls will come: closes when the last one is over.
    func retire() {
        let isIdle = state.withLock { state in
            if case .active = state.life { state.life = .retired }
            return state.closesNow()
        }
        if isIdle { close() }
    }

    /// A connection was lost track of: no new calls, so that the client, and the connection with it, closes when those
    /// under way are over.
    func renounce() {
        onRenounced(self)
        retire()
    }

    /// Closes now, whatever is still running.
    func shutDownNow() {
        shutDown.store(true, ordering: .releasing)
        let isFirst = state.withLock { state in
            guard state.life != .closed else { return false }
            state.life = .closed
            return true
        }
        if isFirst { close() }
    }

    func execute(_ request: HTTPClient.Request, _ exchange: Exchange, logger: Logger?) -> HTTPClient.Task<Void> {
        client.execute(request: request, delegate: exchange, eventLoop: .indifferent, logger: logger)
    }

    /// Whether a connection broke before it had ever brought a response; each is reported once.
    func takeFailureOfNewConnection() -> Bool { connections.takeFailure() }

    /// What an error of AsyncHTTPClient means to whoever knows how the endpoint was verified.
    func meaning(of error: any Error) -> any Error { verification?.error(for: error) ?? error }

    private func close() {
        client.shutdown { _ in self.onClosed(self) }
    }
}
#endif

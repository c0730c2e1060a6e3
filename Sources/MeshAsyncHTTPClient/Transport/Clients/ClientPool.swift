#if AsyncHTTPClient
import AsyncHTTPClient
import MeshCore
import NIOCore
import Synchronization

/// The clients of a transport: one for each endpoint and, with TLS, for each name it is called by.
///
/// AsyncHTTPClient frees the connection pool of an address only when the whole client is shut down, so one client for
/// endpoints that come and go would grow for ever. A client of its own for each endpoint is shut down with it.
final class ClientPool: Sendable {
    /// A limit only for callers that make up host names: a service is called by one or two.
    static let maximumNamesPerEndpoint = 64

    private struct State {
        var clients: [Address: [String?: PooledClient]] = [:]
        /// Every client that has not been closed yet, retired ones too.
        var open: [ObjectIdentifier: PooledClient] = [:]
        var isShutDown = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let configuration: HTTPClient.Configuration
    private let eventLoopGroup: any EventLoopGroup
    private let shared: Shared

    /// Outlives the pool until the last client is closed.
    private final class Shared: Sendable {
        let state = Mutex(State())

        func hasClosed(_ client: PooledClient) {
            let waiters = state.withLock { state -> [CheckedContinuation<Void, Never>] in
                state.open[ObjectIdentifier(client)] = nil
                guard state.open.isEmpty else { return [] }
                defer { state.waiters = [] }
                return state.waiters
            }
            for waiter in waiters { waiter.resume() }
        }
    }

    init(configuration: HTTPClient.Configuration, eventLoopGroup: any EventLoopGroup) {
        self.configuration = configuration
        self.eventLoopGroup = eventLoopGroup
        shared = Shared()
    }

    deinit {
        let clients = shared.state.withLock { state in
            state.isShutDown = true
            state.clients = [:]
            return Array(state.open.values)
        }
        // Calls that are under way hold their client and end normally.
        for client in clients { client.retire() }
    }

    /// How many clients are not closed yet.
    var openCount: Int { shared.state.withLock { $0.open.count } }

    /// The client for an endpoint, entered once: the caller owes a ``PooledClient/release()``.
    func acquire(_ address: Address, tlsName: String?) throws -> PooledClient {
        try shared.state.withLock { state in
            guard !state.isShutDown else { throw CancellationSignal.Reason.shutDown }
            if let client = state.clients[address]?[tlsName] {
                client.acquire()
                return client
            }
            guard state.clients[address, default: [:]].count < Self.maximumNamesPerEndpoint else {
                throw AsyncHTTPClientTransportError.refused(
                    UnsupportedRequestError(
                        "the endpoint is called by more than \(Self.maximumNamesPerEndpoint) host names"
                    ),
                    from: address
                )
            }
            let client = PooledClient(
                ClientKey(address: address, tlsName: tlsName),
                configuration: configuration,
                eventLoop: eventLoopGroup.next(),
                onClosed: { [shared] in shared.hasClosed($0) }
            )
            state.clients[address, default: [:]][tlsName] = client
            state.open[ObjectIdentifier(client)] = client
            client.acquire()
            return client
        }
    }

    func retire(_ address: Address) {
        let clients = shared.state.withLock { $0.clients.removeValue(forKey: address) }
        for client in (clients ?? [:]).values { client.retire() }
    }

    func shutdown() async {
        let clients = shared.state.withLock { state in
            state.isShutDown = true
            state.clients = [:]
            return Array(state.open.values)
        }
        for client in clients { client.shutDownNow() }
        await withCheckedContinuation { continuation in
            let isOver = shared.state.withLock { state in
                if !state.open.isEmpty { state.waiters.append(continuation) }
                return state.open.isEmpty
            }
            if isOver { continuation.resume() }
        }
    }
}
#endif

#if AsyncHTTPClient
import AsyncHTTPClient
import MeshCore
import NIOCore
import Synchronization

/// The clients of a transport: for each endpoint and, with TLS, for each name it is called by, one on each event loop
/// that is needed (``Lanes``).
///
/// AsyncHTTPClient frees the connection pool of an address only when the whole client is shut down, so one client for
/// endpoints that come and go would grow for ever. The clients of an endpoint are its own and are shut down with it.
final class ClientPool: Sendable {
    /// A limit only for callers that make up host names: a service is called by one or two.
    static let maximumNamesPerEndpoint = 64

    private struct State {
        var lanes: [Address: [String?: Lanes]] = [:]
        /// The lane that the next endpoint begins with.
        var firstLane = 0
        /// Every client that has not been closed yet, retired ones too.
        var open: [ObjectIdentifier: PooledClient] = [:]
        var isShutDown = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    /// How many calls an event loop may have of one endpoint before another loop is used, too.
    static let busyLane = 8

    private let configuration: HTTPClient.Configuration
    private let eventLoops: [any EventLoop]
    private let busyLane: Int
    private let shared: Shared

    /// Outlives the pool until the last client is closed.
    private final class Shared: Sendable {
        let state = Mutex(State())

        /// Takes a client out of use.
        func remove(_ client: PooledClient) {
            state.withLock { $0.lanes[client.key.address]?[client.key.tlsName]?.remove(client) }
        }

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

    /// Creates a pool without clients.
    ///
    /// - Parameters:
    ///   - configuration: The configuration of a client, whose limit on connections is that of an endpoint.
    ///   - eventLoopGroup: The event loops to use.
    init(configuration: HTTPClient.Configuration, eventLoopGroup: any EventLoopGroup) {
        let connections = configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit
        let laneCount = min(eventLoopGroup.makeIterator().reduce(0) { count, _ in count + 1 }, connections)
        eventLoops = Array(eventLoopGroup.makeIterator().prefix(laneCount))
        var configuration = configuration
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = connections / laneCount
        busyLane = min(Self.busyLane, connections / laneCount)
        self.configuration = configuration
        shared = Shared()
    }

    deinit {
        let clients = shared.state.withLock { state in
            state.isShutDown = true
            state.lanes = [:]
            return Array(state.open.values)
        }
        // Calls that are under way hold their client and end normally.
        for client in clients { client.retire() }
    }

    /// How many clients are not closed yet.
    var openCount: Int { shared.state.withLock { $0.open.count } }

    /// A client for an endpoint, entered once: the caller owes a ``PooledClient/release()``.
    func acquire(_ address: Address, tlsName: String?) throws -> PooledClient {
        try shared.state.withLock { state in
            guard !state.isShutDown else { throw CancellationSignal.Reason.shutDown }
            if let lanes = state.lanes[address]?[tlsName] {
                let lane = lanes.next
                let client = lanes[lane] ?? open(lane, ClientKey(address: address, tlsName: tlsName), &state)
                client.acquire()
                return client
            }
            guard state.lanes[address, default: [:]].count < Self.maximumNamesPerEndpoint else {
                throw AsyncHTTPClientTransportError.refused(
                    UnsupportedRequestError(
                        "the endpoint is called by more than \(Self.maximumNamesPerEndpoint) host names"
                    ),
                    from: address
                )
            }
            let lanes = Lanes(count: eventLoops.count, first: state.firstLane, busy: busyLane)
            state.firstLane &+= 1
            state.lanes[address, default: [:]][tlsName] = lanes
            let client = open(lanes.next, ClientKey(address: address, tlsName: tlsName), &state)
            client.acquire()
            return client
        }
    }

    private func open(_ lane: Int, _ key: ClientKey, _ state: inout State) -> PooledClient {
        let client = PooledClient(
            key,
            configuration: configuration,
            eventLoop: eventLoops[lane],
            onRenounced: { [shared] in shared.remove($0) },
            onClosed: { [shared] in shared.hasClosed($0) }
        )
        state.lanes[key.address]?[key.tlsName]?[lane] = client
        state.open[ObjectIdentifier(client)] = client
        return client
    }

    func retire(_ address: Address) {
        let lanes = shared.state.withLock { $0.lanes.removeValue(forKey: address) }
        for client in (lanes ?? [:]).values.flatMap(\.open) { client.retire() }
    }

    func shutdown() async {
        let clients = shared.state.withLock { state in
            state.isShutDown = true
            state.lanes = [:]
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

#if AsyncHTTPClient
import AsyncHTTPClient
import MeshCore
import MeshTLS
import NIOCore
import Synchronization

/// The clients of a transport: for each endpoint and, with TLS, for each name it is called by and identity it must prove,
/// one on each event loop that is needed (``Lanes``).
///
/// AsyncHTTPClient frees the connection pool of an address only when the whole client is shut down, so one client for
/// endpoints that come and go would grow for ever. The clients of an endpoint are its own and are shut down with it.
///
/// A client keeps the trust roots that it was made with. When others come into force its endpoint gets new clients at the
/// next call, and the old ones are shut down once their calls are over.
final class ClientPool: Sendable {
    /// A limit only for callers that make up host names: a service is called by one or two.
    static let maximumNamesPerEndpoint = 64

    private struct State {
        var lanes: [Address: [ClientKey: Lanes]] = [:]
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
    private let tls: ClientTLS?
    private let eventLoops: [any EventLoop]
    private let busyLane: Int
    private let shared: Shared

    /// Outlives the pool until the last client is closed.
    private final class Shared: Sendable {
        let state = Mutex(State())

        /// Takes a client out of use.
        func remove(_ client: PooledClient) {
            state.withLock { $0.lanes[client.key.address]?[client.key]?.remove(client) }
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
    ///   - tls: The credentials of the mesh's; `nil` to leave TLS to AsyncHTTPClient.
    ///   - eventLoopGroup: The event loops to use.
    init(configuration: HTTPClient.Configuration, tls: ClientTLS? = nil, eventLoopGroup: any EventLoopGroup) {
        self.tls = tls
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
    ///
    /// - Throws: `TLSError` if there are no credentials, and what says that there are too many names or no pool any more.
    func acquire(_ key: ClientKey) throws -> PooledClient {
        let (client, outdated) = try shared.state.withLock { state in
            guard !state.isShutDown else { throw CancellationSignal.Reason.shutDown }
            var outdated: [PooledClient] = []
            if let lanes = state.lanes[key.address]?[key] {
                if lanes.verification?.isCurrent ?? true {
                    return (enter(lanes, key, &state), outdated)
                }
                outdated = lanes.open
            } else if state.lanes[key.address, default: [:]].count >= Self.maximumNamesPerEndpoint {
                throw AsyncHTTPClientTransportError.refused(
                    UnsupportedRequestError(
                        "the endpoint is called by more than \(Self.maximumNamesPerEndpoint) host names"
                    ),
                    from: key.address
                )
            }
            let lanes = Lanes(
                count: eventLoops.count,
                first: state.firstLane,
                busy: busyLane,
                verification: try verification(for: key)
            )
            state.firstLane &+= 1
            state.lanes[key.address, default: [:]][key] = lanes
            return (enter(lanes, key, &state), outdated)
        }
        for client in outdated { client.retire() }
        return client
    }

    private func verification(for key: ClientKey) throws -> LeafVerification? {
        guard let tls, let name = key.tlsName else { return nil }
        return try tls.makeLeafVerification(
            of: Endpoint(key.address, expectedIdentity: key.expected),
            serverName: name
        )
    }

    private func enter(_ lanes: Lanes, _ key: ClientKey, _ state: inout State) -> PooledClient {
        let lane = lanes.next
        let client = lanes[lane] ?? open(lane, of: lanes, key, &state)
        client.acquire()
        return client
    }

    private func open(_ lane: Int, of lanes: Lanes, _ key: ClientKey, _ state: inout State) -> PooledClient {
        let client = PooledClient(
            key,
            configuration: configuration,
            verification: lanes.verification,
            eventLoop: eventLoops[lane],
            onRenounced: { [shared] in shared.remove($0) },
            onClosed: { [shared] in shared.hasClosed($0) }
        )
        state.lanes[key.address]?[key]?[lane] = client
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

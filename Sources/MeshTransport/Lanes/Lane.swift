#if Transport
import MeshCore
import NIOCore
import Synchronization

/// The connections that live on one event loop.
///
/// Everything but ``load`` belongs to the event loop, so that no call takes a lock; that is why it may be
/// `Sendable` unchecked.
final class Lane: @unchecked Sendable {
    let loop: any EventLoop
    /// This lane's share of whatever is limited per endpoint.
    let share: Share
    let settings: TransportSettings
    let executor: LaneExecutor
    /// How a pool opens a connection.
    let connect: (EndpointPool) -> Connector.Attempt

    private let calls = Atomic<Int>(0)
    private let padding = CachePadding()
    private var pools: [PoolKey: EndpointPool] = [:]
    /// Pools of endpoints that have left, with calls under way.
    private var retired: [ObjectIdentifier: EndpointPool] = [:]
    private var closing: EventLoopPromise<Void>?

    /// One of several lanes.
    struct Share {
        let index: Int
        let count: Int

        /// Divides a limit so that the shares of all lanes add up to it.
        func of(_ limit: Int) -> Int { limit / count + (index < limit % count ? 1 : 0) }
    }

    init(
        on loop: any EventLoop,
        share: Share,
        settings: TransportSettings,
        connect: @escaping (EndpointPool) -> Connector.Attempt = { Connector($0).connect() }
    ) {
        self.loop = loop
        self.share = share
        self.settings = settings
        self.connect = connect
        executor = LaneExecutor(on: loop)
    }

    /// Calls under way.
    var load: Int { calls.load(ordering: .relaxed) }

    /// Runs `work` on the event loop: at once if this is its thread.
    @inline(__always)
    func perform(_ work: @escaping @Sendable () -> Void) {
        if loop.inEventLoop { work() } else { loop.execute(work) }
    }

    func hasBegun() { calls.wrappingAdd(1, ordering: .relaxed) }

    func hasEnded() { calls.wrappingSubtract(1, ordering: .relaxed) }

    // MARK: On the event loop

    func pool(for endpoint: Endpoint, authority: String) throws -> EndpointPool {
        let key = settings.key(for: endpoint, authority: authority)
        if let pool = pools[key] { return pool }
        guard closing == nil else { throw CancellationSignal.Reason.shutDown }
        let pool = EndpointPool(key, endpoint: endpoint, on: self)
        pools[key] = pool
        return pool
    }

    /// Opens this lane's share of the minimum.
    func prepare(_ endpoint: Endpoint, authority: String) {
        guard share.of(settings.minimumConnectionsPerEndpoint) > 0 else { return }
        try? pool(for: endpoint, authority: authority).openSpares()
    }

    func retire(_ address: Address) {
        for (key, pool) in pools where key.address == address {
            pools[key] = nil
            retired[ObjectIdentifier(pool)] = pool
            pool.retire()
        }
    }

    /// Stops every call and closes every connection. The promise is kept when none is left.
    func shutDown(_ promise: EventLoopPromise<Void>) {
        if let closing { return closing.futureResult.cascade(to: promise) }
        closing = promise
        let all = Array(pools.values) + Array(retired.values)
        for (_, pool) in pools { retired[ObjectIdentifier(pool)] = pool }
        pools = [:]
        for pool in all { pool.shutDown() }
        if all.isEmpty { promise.succeed() }
    }

    /// A pool has neither connections nor calls, and is not needed any more.
    func hasEmptied(_ pool: EndpointPool) {
        if retired.removeValue(forKey: ObjectIdentifier(pool)) != nil {
            if retired.isEmpty { closing?.succeed() }
        } else if pools[pool.key] === pool {
            pools[pool.key] = nil
        }
    }

    /// Connections that are open or being opened.
    var connectionCount: Int {
        pools.values.reduce(0) { $0 + $1.connectionCount } + retired.values.reduce(0) { $0 + $1.connectionCount }
    }
}

/// Which connections may serve which calls: those to one address, proven to be one identity.
struct PoolKey: Hashable {
    let address: Address
    let expectedIdentity: ExpectedIdentity?
    /// The name that a certificate must be for; `nil` without TLS.
    let serverName: String?
}
#endif

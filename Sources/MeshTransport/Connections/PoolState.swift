#if Transport
import NIOCore

/// What a pool knows about each of its connections.
struct ConnectionRecord {
    /// How many exchanges it can carry at once.
    var capacity: Int
    var inUse = 0
    /// When the last exchange ended.
    var idleSince: NIODeadline
    /// When it is too old to take another exchange.
    var expiresAt: NIODeadline
    /// Takes no more exchanges.
    var isDraining = false
    /// Where it stands in the list of all connections.
    fileprivate var index = 0
    /// Whether it is among those with room.
    fileprivate var isListed = false

    init(capacity: Int, at now: NIODeadline, expiresAt: NIODeadline) {
        self.capacity = capacity
        idleSince = now
        self.expiresAt = expiresAt
    }

    var hasRoom: Bool { inUse < capacity && !isDraining }
}

/// A connection that a pool keeps its record in.
protocol PooledConnection: AnyObject {
    var record: ConnectionRecord { get set }
}

/// Which call gets which connection, and when another one is opened: events in, decisions out.
///
/// The connection used last is used first, so that those that are not needed become idle and close.
struct PoolState<Connection: PooledConnection, Waiter: AnyObject> {
    /// Connections that drain count neither against the maximum nor towards the minimum: a long exchange on one must not keep
    /// others from being opened.
    struct Limits {
        var maximumConnections: Int
        var maximumWaiters: Int
        var minimumConnections: Int
        var idleTimeout: TimeAmount
        /// How many connections are opened at once, to begin with.
        var simultaneousOpenings = 16
    }

    /// What is known about the protocol of the endpoint.
    enum Sharing {
        /// Not connected yet, and the handshake will tell.
        case unknown
        /// A connection for each exchange.
        case exclusive
        /// Many exchanges on one connection.
        case shared
    }

    enum Acquisition {
        case start(Connection)
        /// The waiter waits for the connection that must be opened now.
        case open
        /// The waiter waits for one that is being opened or in use.
        case wait
        /// There are too many waiters.
        case refused
    }

    let limits: Limits
    private(set) var sharing: Sharing
    private(set) var connections: [Connection] = []
    private(set) var waiters: CircularBuffer<Waiter> = []
    private(set) var opening = 0
    /// Those with room, the one used last at the end.
    private var listed: [Connection] = []
    /// How many of the connections drain.
    private var draining = 0
    /// Connections without an exchange that turned out to be too old when one was looked for.
    private var expired: [Connection] = []
    /// Another connection could not be opened beside one that those who wait may still get.
    private(set) var isHeldBack = false
    /// How many connections may be opened at once: twice as many from round to round as long as that does not slow them down.
    /// A burst of calls to a server far away gets its connections in a few rounds, and where handshakes keep the processors
    /// busy they do not hold each other up.
    private(set) var openingLimit: Int
    /// The least time that a connection took to open.
    private var quickestOpening: TimeAmount?

    init(limits: Limits, sharing: Sharing) {
        self.limits = limits
        openingLimit = limits.simultaneousOpenings
        self.sharing = sharing
    }

    var isEmpty: Bool { connections.isEmpty && opening == 0 && waiters.isEmpty }

    mutating func acquire(for waiter: Waiter, at now: NIODeadline) -> Acquisition {
        if let connection = take(at: now) { return .start(connection) }
        waiters.append(waiter)
        if needsAnother {
            opening += 1
            return .open
        }
        // Whoever a connection is or may be opened for is no burden: it will be served.
        guard waiters.count - coming <= limits.maximumWaiters else {
            waiters.removeLast()
            return .refused
        }
        return .wait
    }

    /// The waiter has gone.
    mutating func forget(_ waiter: Waiter) {
        if let index = waiters.firstIndex(where: { $0 === waiter }) { waiters.remove(at: index) }
    }

    /// A connection is open.
    mutating func opened(_ connection: Connection, isShared: Bool, after duration: TimeAmount) {
        opening -= 1
        let quickest = min(quickestOpening ?? duration, duration)
        quickestOpening = quickest
        openingLimit = duration <= quickest * 2 ? openingLimit + 1 : limits.simultaneousOpenings
        sharing = isShared ? .shared : .exclusive
        connection.record.index = connections.count
        connections.append(connection)
        if connection.record.isDraining { draining += 1 }
        isHeldBack = false
        if connection.record.hasRoom { list(connection) }
    }

    /// A connection could not be opened.
    ///
    /// - Returns: The waiters that fail with it: the one it was opened for, or all where one was opened for all.
    mutating func openingFailed() -> [Waiter] {
        opening -= 1
        switch sharing {
        case .exclusive:
            let unserved = max(0, waiters.count - opening)
            // With nothing open, those whose connection has only been put off need not try for themselves.
            let alike = usable == 0 ? limits.maximumConnections - opening : 1
            let failing = Array(waiters.prefix(min(unserved, alike)))
            waiters.removeFirst(failing.count)
            return failing
        case .unknown, .shared:
            isHeldBack = usable > 0
            guard opening == 0, usable == 0 else { return [] }
            defer { waiters.removeAll() }
            return Array(waiters)
        }
    }

    /// Time has passed since another connection could not be opened.
    mutating func triesAgain() { isHeldBack = false }

    /// An exchange on the connection has ended.
    mutating func released(_ connection: Connection, at now: NIODeadline) {
        connection.record.inUse -= 1
        if connection.record.inUse == 0 { connection.record.idleSince = now }
        if now >= connection.record.expiresAt { drains(connection) }
        if connection.record.hasRoom { list(connection) }
    }

    /// The connection can carry another number of exchanges than before.
    mutating func resized(_ connection: Connection, to capacity: Int) {
        connection.record.capacity = capacity
        if connection.record.hasRoom { list(connection) } else { unlist(connection) }
    }

    /// The connection takes no more exchanges.
    mutating func drains(_ connection: Connection) {
        guard !connection.record.isDraining else { return }
        connection.record.isDraining = true
        if contains(connection) { draining += 1 }
        unlist(connection)
    }

    /// The connection is closed. Does nothing the second time.
    ///
    /// - Returns: Whether it was the first time.
    @discardableResult
    mutating func closed(_ connection: Connection) -> Bool {
        unlist(connection)
        guard contains(connection) else { return false }
        if connection.record.isDraining { draining -= 1 }
        let index = connection.record.index
        let last = connections.removeLast()
        if last !== connection {
            last.record.index = index
            connections[index] = last
        }
        return true
    }

    /// The next waiter that can be served, with its connection.
    mutating func serve(at now: NIODeadline) -> (Waiter, Connection)? {
        guard !waiters.isEmpty, let connection = take(at: now) else { return nil }
        return (waiters.removeFirst(), connection)
    }

    /// Whether another connection must be opened now for those who wait; counts it as being opened.
    mutating func opensAnother() -> Bool {
        guard needsAnother else { return false }
        opening += 1
        return true
    }

    /// Whether there are fewer connections than the minimum; counts another one as being opened.
    mutating func opensSpare() -> Bool {
        guard !hasMinimum else { return false }
        opening += 1
        return true
    }

    /// Whether as many connections as must be kept are open or being opened.
    var hasMinimum: Bool { usable + opening >= limits.minimumConnections }

    /// Connections to be closed that were found to be too old since the last time, so that nobody waits for the next sweep.
    mutating func takeExpired() -> [Connection] {
        guard !expired.isEmpty else { return [] }
        defer { expired.removeAll() }
        return expired.filter(contains)
    }

    /// Connections that are to be closed because they have been idle for too long, or are too old.
    mutating func sweep(at now: NIODeadline) -> [Connection] {
        for connection in connections where now >= connection.record.expiresAt { drains(connection) }
        var spare = usable - limits.minimumConnections
        var closing: [Connection] = []
        for connection in connections where connection.record.inUse == 0 {
            let isIdle = now - connection.record.idleSince >= limits.idleTimeout
            guard connection.record.isDraining || isIdle && spare > 0 else { continue }
            if !connection.record.isDraining { spare -= 1 }
            drains(connection)
            closing.append(connection)
        }
        return closing
    }

    mutating func removeAllWaiters() -> [Waiter] {
        defer { waiters.removeAll() }
        return Array(waiters)
    }

    // MARK: -

    /// Connections that take exchanges, now or when others have ended.
    private var usable: Int { connections.count - draining }

    private func contains(_ connection: Connection) -> Bool {
        let index = connection.record.index
        return index < connections.count && connections[index] === connection
    }

    private var needsAnother: Bool {
        guard usable + opening < limits.maximumConnections, !(isHeldBack && usable > 0) else { return false }
        switch sharing {
        case .exclusive: return waiters.count > opening && opening < openingLimit
        // One handshake tells, and one connection serves many.
        case .unknown, .shared: return !waiters.isEmpty && opening == 0 && !isDeclined
        }
    }

    /// How many connections are being opened for those who wait, or may yet be.
    private var coming: Int { sharing == .exclusive ? limits.maximumConnections - usable : opening }

    /// The endpoint takes no exchanges at all on a connection that it keeps. Another connection would not change its mind.
    private var isDeclined: Bool { connections.contains { $0.record.capacity == 0 && !$0.record.isDraining } }

    private mutating func take(at now: NIODeadline) -> Connection? {
        while let connection = listed.last {
            if now >= connection.record.expiresAt {
                drains(connection)
                if connection.record.inUse == 0 { expired.append(connection) }
                continue
            }
            connection.record.inUse += 1
            if !connection.record.hasRoom { unlist(connection) }
            return connection
        }
        return nil
    }

    private mutating func list(_ connection: Connection) {
        guard !connection.record.isListed else { return }
        connection.record.isListed = true
        listed.append(connection)
    }

    private mutating func unlist(_ connection: Connection) {
        guard connection.record.isListed else { return }
        connection.record.isListed = false
        if let index = listed.lastIndex(where: { $0 === connection }) { listed.remove(at: index) }
    }
}
#endif

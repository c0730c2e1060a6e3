#if Transport
import MeshCore
import NIOCore
import Testing

@testable import MeshTransport

final class FakeConnection: PooledConnection {
    var record: ConnectionRecord
    var isOpen = true

    init(capacity: Int = 1, at now: NIODeadline = .zero, expiresAt: NIODeadline = .distantFuture) {
        record = ConnectionRecord(capacity: capacity, at: now, expiresAt: expiresAt)
    }
}

final class FakeCall {}

/// A pool's state by reference, because an expectation cannot change a value.
final class FakePool {
    typealias State = PoolState<FakeConnection, FakeCall>

    private var state: State

    init(
        maximum: Int = 10,
        waiters: Int = 10,
        minimum: Int = 0,
        openings: Int = 16,
        _ sharing: State.Sharing = .exclusive
    ) {
        state = State(
            limits: State.Limits(
                maximumConnections: maximum,
                maximumWaiters: waiters,
                minimumConnections: minimum,
                idleTimeout: .seconds(60),
                simultaneousOpenings: openings
            ),
            sharing: sharing
        )
    }

    var limits: State.Limits { state.limits }
    var connections: [FakeConnection] { state.connections }
    var waiters: CircularBuffer<FakeCall> { state.waiters }
    var opening: Int { state.opening }
    var openingLimit: Int { state.openingLimit }
    var isEmpty: Bool { state.isEmpty }
    var hasMinimum: Bool { state.hasMinimum }

    func acquire(for call: FakeCall = FakeCall(), at now: NIODeadline = .zero) -> State.Acquisition {
        state.acquire(for: call, at: now)
    }

    func forget(_ call: FakeCall) { state.forget(call) }
    func opened(_ connection: FakeConnection, isShared: Bool, after duration: TimeAmount = .milliseconds(1)) {
        state.opened(connection, isShared: isShared, after: duration)
    }
    func openingFailed() -> [FakeCall] { state.openingFailed() }
    func released(_ connection: FakeConnection, at now: NIODeadline) { state.released(connection, at: now) }
    func resized(_ connection: FakeConnection, to capacity: Int) { state.resized(connection, to: capacity) }
    func drains(_ connection: FakeConnection) { state.drains(connection) }
    func closed(_ connection: FakeConnection) { state.closed(connection) }
    func serve(at now: NIODeadline) -> (FakeCall, FakeConnection)? { state.serve(at: now) }
    func opensAnother() -> Bool { state.opensAnother() }
    func opensSpare() -> Bool { state.opensSpare() }
    func sweep(at now: NIODeadline) -> [FakeConnection] { state.sweep(at: now) }
    func takeExpired() -> [FakeConnection] { state.takeExpired() }
    func triesAgain() { state.triesAgain() }
    var isHeldBack: Bool { state.isHeldBack }

    /// Asks for a connection and opens it.
    func connected(at now: NIODeadline = .zero, expiresAt: NIODeadline = .distantFuture) -> FakeConnection {
        let connection = FakeConnection(at: now, expiresAt: expiresAt)
        #expect(acquire(at: now).name == "open")
        opened(connection, isShared: false)
        #expect(serve(at: now)?.1 === connection)
        return connection
    }
}

extension NIODeadline {
    static let zero = NIODeadline.uptimeNanoseconds(0)
    static func seconds(_ seconds: Int64) -> NIODeadline { zero + .seconds(seconds) }
}

extension PoolState.Acquisition {
    var name: String {
        switch self {
        case .start: "start"
        case .open: "open"
        case .wait: "wait"
        case .refused: "refused"
        }
    }

    var connection: Connection? { if case .start(let connection) = self { connection } else { nil } }
}

@Suite("A pool with a connection for each call") struct ExclusivePoolTests {
    @Test("opens one for a call that finds none, and reuses the one used last")
    func lastInFirstOut() {
        let pool = FakePool()
        let (a, b, c) = (pool.connected(), pool.connected(), pool.connected())
        for connection in [b, a, c] { pool.released(connection, at: .seconds(1)) }
        #expect(pool.acquire(for: FakeCall(), at: .seconds(2)).connection === c)
        #expect(pool.acquire(for: FakeCall(), at: .seconds(2)).connection === a)
        pool.released(a, at: .seconds(3))
        #expect(pool.acquire(for: FakeCall(), at: .seconds(3)).connection === a)
        #expect(pool.acquire(for: FakeCall(), at: .seconds(3)).connection === b)
        #expect(pool.acquire(for: FakeCall(), at: .seconds(3)).name == "open")
    }

    @Test("opens as many as calls wait, and no more than the maximum")
    func maximum() {
        let pool = FakePool(maximum: 3)
        #expect((0..<5).map { _ in pool.acquire().name } == ["open", "open", "open", "wait", "wait"])
        #expect(pool.opening == 3)
        #expect(!pool.opensAnother())
    }

    @Test(
        "opens a few at once, and more as long as that does not slow them down",
        arguments: [(1 as Int64, [2, 4, 8, 16, 32, 38]), (3 as Int64, [2, 4] + Array(repeating: 2, count: 47))]
    )
    func openings(slowdown: Int64, expected: [Int]) {
        let pool = FakePool(maximum: 100, waiters: 0, openings: 2)
        let names = (0..<100).map { _ in pool.acquire().name }
        #expect(names.count { $0 == "open" } == 2)
        #expect(!names.contains("refused"), "each of them gets a connection by and by")
        #expect(pool.acquire().name == "refused")
        var rounds: [Int] = []
        while !pool.waiters.isEmpty {
            rounds.append(pool.opening)
            let duration = TimeAmount.seconds(rounds.count == 1 ? 1 : slowdown)
            for _ in 0..<pool.opening { pool.opened(FakeConnection(), isShared: false, after: duration) }
            while pool.serve(at: .zero) != nil {}
            while pool.opensAnother() {}
        }
        #expect(rounds == expected)
    }

    @Test("fails all for whom nothing is being opened when there is nothing else to wait for")
    func nothingElse() {
        let pool = FakePool(maximum: 100, openings: 2)
        for _ in 0..<10 { _ = pool.acquire() }
        #expect(pool.openingFailed().count == 9)
        #expect(!pool.opensAnother())
        pool.opened(FakeConnection(), isShared: false)
        #expect(pool.serve(at: .zero) != nil)
        for _ in 0..<10 { _ = pool.acquire() }
        #expect(pool.opening == 3)
        #expect(pool.openingFailed().count == 1, "the others may get the one that is in use")
    }

    @Test("bounds those who wait for a connection in use")
    func boundedWaiters() {
        let pool = FakePool(maximum: 1, waiters: 2)
        let connection = pool.connected()
        #expect((0..<3).map { _ in pool.acquire().name } == ["wait", "wait", "refused"])
        #expect(pool.waiters.count == 2)
        pool.released(connection, at: .zero)
        #expect(pool.serve(at: .zero) != nil)
        #expect(pool.acquire().name == "wait")
    }

    @Test("refuses nobody for whom a connection may be opened, though nobody may wait")
    func noWaiters() {
        let pool = FakePool(maximum: 2, waiters: 0)
        #expect((0..<3).map { _ in pool.acquire().name } == ["open", "open", "refused"])
        #expect(pool.waiters.count == 2)
    }

    @Test("serves those who wait in their order")
    func order() {
        let pool = FakePool(maximum: 1)
        let connection = pool.connected()
        let calls = (0..<3).map { _ in FakeCall() }
        for call in calls { #expect(pool.acquire(for: call, at: .zero).name == "wait") }
        for call in calls {
            pool.released(connection, at: .zero)
            let served = pool.serve(at: .zero)
            #expect(served?.0 === call)
            #expect(served?.1 === connection)
        }
        #expect(pool.serve(at: .zero) == nil)
    }

    @Test("forgets who has gone")
    func forget() {
        let pool = FakePool(maximum: 1)
        let calls = (0..<3).map { _ in FakeCall() }
        for call in calls { _ = pool.acquire(for: call, at: .zero) }
        pool.forget(calls[1])
        pool.forget(calls[1])
        pool.forget(FakeCall())
        let connection = FakeConnection()
        pool.opened(connection, isShared: false)
        #expect(pool.serve(at: .zero)?.0 === calls[0])
        pool.released(connection, at: .zero)
        #expect(pool.serve(at: .zero)?.0 === calls[2])
    }

    @Test("keeps a connection that nobody waits for any more")
    func openedForNobody() {
        let pool = FakePool()
        let call = FakeCall()
        #expect(pool.acquire(for: call, at: .zero).name == "open")
        pool.forget(call)
        #expect(!pool.isEmpty)
        let connection = FakeConnection()
        pool.opened(connection, isShared: false)
        #expect(pool.serve(at: .zero) == nil)
        #expect(pool.acquire().connection === connection)
    }

    @Test("fails one call for each connection that cannot be opened, the first first")
    func openingFails() {
        let pool = FakePool()
        let calls = (0..<3).map { _ in FakeCall() }
        for call in calls { _ = pool.acquire(for: call, at: .zero) }
        for call in calls {
            let failed = pool.openingFailed()
            #expect(failed.count == 1)
            #expect(failed.first === call)
        }
        #expect(pool.isEmpty)
    }

    @Test("fails nobody when the call has been served otherwise")
    func openingFailsForNobody() {
        let pool = FakePool()
        let used = pool.connected()
        let (a, b) = (FakeCall(), FakeCall())
        _ = pool.acquire(for: a, at: .zero)
        _ = pool.acquire(for: b, at: .zero)
        pool.released(used, at: .zero)
        #expect(pool.serve(at: .zero)?.0 === a)
        #expect(pool.openingFailed().isEmpty, "the other opening is for the other call")
        #expect(pool.openingFailed().first === b)
    }

    @Test("opens again for those who wait behind a failure")
    func opensAgain() {
        let pool = FakePool(maximum: 1)
        _ = pool.acquire()
        _ = pool.acquire()
        #expect(pool.openingFailed().count == 1)
        #expect(pool.opensAnother())
        #expect(!pool.opensAnother())
    }

    @Test("gives no call to a connection that is too old")
    func expiry() {
        let pool = FakePool()
        let old = pool.connected(expiresAt: .seconds(10))
        pool.released(old, at: .seconds(9))
        #expect(pool.acquire(for: FakeCall(), at: .seconds(10)).name == "open")
        #expect(old.record.isDraining)
        #expect(pool.sweep(at: .seconds(10)).map(ObjectIdentifier.init) == [ObjectIdentifier(old)])
    }

    @Test("lets the last call of an old connection end")
    func expiryInUse() {
        let pool = FakePool()
        let old = pool.connected(expiresAt: .seconds(10))
        #expect(pool.sweep(at: .seconds(11)).isEmpty)
        #expect(old.record.isDraining)
        pool.released(old, at: .seconds(12))
        #expect(pool.acquire(for: FakeCall(), at: .seconds(12)).name == "open")
        #expect(pool.sweep(at: .seconds(13)).count == 1)
    }

    @Test("closes what was idle for too long, but keeps the minimum")
    func sweep() {
        let pool = FakePool(minimum: 2)
        let connections = (0..<4).map { _ in pool.connected() }
        for connection in connections { pool.released(connection, at: .seconds(1)) }
        #expect(pool.sweep(at: .seconds(60)).isEmpty)
        let closing = pool.sweep(at: .seconds(61))
        #expect(closing.count == 2)
        for connection in closing { pool.closed(connection) }
        #expect(pool.sweep(at: .seconds(1000)).isEmpty)
        #expect(pool.hasMinimum)
        #expect(!pool.opensSpare())
    }

    @Test("opens up to the minimum")
    func minimum() {
        let pool = FakePool(minimum: 3)
        _ = pool.connected()
        #expect(!pool.opensAnother())
        #expect(pool.opensSpare())
        #expect(pool.opensSpare())
        #expect(!pool.opensSpare())
        #expect(pool.opening == 2)
    }

    @Test("gives no call to a connection that drains, and lets it go")
    func drains() {
        let pool = FakePool(maximum: 2)
        let (a, b) = (pool.connected(), pool.connected())
        pool.released(a, at: .zero)
        pool.drains(a)
        pool.drains(a)
        pool.released(b, at: .zero)
        #expect(pool.acquire().connection === b)
        #expect(pool.acquire().name == "open", "one that drains counts no more")
        pool.closed(a)
        pool.closed(a)
        #expect(pool.connections.count == 1)
        #expect(pool.acquire().name == "wait")
    }

    @Test("replaces the only connection it may have when that is too old")
    func expiryOfTheOnlyOne() {
        let pool = FakePool(maximum: 1)
        let old = pool.connected(expiresAt: .seconds(10))
        pool.released(old, at: .seconds(9))
        #expect(pool.acquire(for: FakeCall(), at: .seconds(10)).name == "open")
        #expect(pool.takeExpired().map(ObjectIdentifier.init) == [ObjectIdentifier(old)])
        #expect(pool.takeExpired().isEmpty)
        pool.closed(old)
        let new = FakeConnection()
        pool.opened(new, isShared: false)
        #expect(pool.serve(at: .seconds(10))?.1 === new)
    }

    @Test("does not count a connection that drains with a long call")
    func drainsForLong() {
        let pool = FakePool(maximum: 1, minimum: 1)
        let long = pool.connected()
        #expect(pool.hasMinimum)
        pool.drains(long)
        #expect(!pool.hasMinimum)
        #expect(pool.opensSpare())
        #expect(!pool.opensSpare())
        let spare = FakeConnection()
        pool.opened(spare, isShared: false)
        #expect(pool.acquire().connection === spare)
        #expect(pool.acquire().name == "wait")
        pool.released(long, at: .seconds(1))
        #expect(pool.takeExpired().isEmpty)
        #expect(pool.sweep(at: .seconds(2)).map(ObjectIdentifier.init) == [ObjectIdentifier(long)])
        pool.closed(long)
        #expect(pool.hasMinimum)
    }

    @Test("keeps the minimum beside one that drains")
    func sweepBesideDraining() {
        let pool = FakePool(minimum: 1)
        let (long, idle) = (pool.connected(), pool.connected())
        pool.drains(long)
        pool.released(idle, at: .zero)
        #expect(pool.sweep(at: .seconds(1000)).isEmpty)
    }

    @Test("does not use a connection that broke before it was opened")
    func brokenBefore() {
        let pool = FakePool()
        _ = pool.acquire()
        let connection = FakeConnection()
        pool.drains(connection)
        pool.opened(connection, isShared: false)
        #expect(pool.serve(at: .zero) == nil)
        pool.closed(connection)
        #expect(pool.connections.isEmpty)
    }
}

@Suite("A pool with connections that calls share") struct SharedPoolTests {
    @Test("opens one for all", arguments: [FakePool.State.Sharing.unknown, .shared])
    func one(_ sharing: FakePool.State.Sharing) {
        let pool = FakePool(sharing)
        #expect((0..<3).map { _ in pool.acquire().name } == ["open", "wait", "wait"])
        let connection = FakeConnection(capacity: 2)
        pool.opened(connection, isShared: true)
        #expect(pool.serve(at: .zero) != nil)
        #expect(pool.serve(at: .zero) != nil)
        #expect(pool.serve(at: .zero) == nil)
        #expect(pool.opensAnother(), "the first one is full")
        #expect(!pool.opensAnother())
        pool.resized(connection, to: 3)
        #expect(pool.serve(at: .zero)?.1 === connection)
        #expect(connection.record.inUse == 3)
    }

    @Test("opens one for each when the handshake says HTTP/1.1")
    func learns() {
        let pool = FakePool(.unknown)
        for _ in 0..<4 { _ = pool.acquire() }
        pool.opened(FakeConnection(), isShared: false)
        #expect(pool.serve(at: .zero) != nil)
        #expect((0..<4).map { _ in pool.opensAnother() } == [true, true, true, false])
    }

    @Test("fails all when the one for all cannot be opened")
    func openingFails() {
        let pool = FakePool(.unknown)
        let calls = (0..<3).map { _ in FakeCall() }
        for call in calls { _ = pool.acquire(for: call, at: .zero) }
        #expect(pool.openingFailed().map(ObjectIdentifier.init) == calls.map(ObjectIdentifier.init))
        #expect(pool.isEmpty)
    }

    @Test("lets wait who may still be served by a connection that is full")
    func openingAnotherFails() {
        let pool = FakePool(.shared)
        _ = pool.acquire()
        let connection = FakeConnection(capacity: 1)
        pool.opened(connection, isShared: true)
        _ = pool.serve(at: .zero)
        #expect(pool.acquire().name == "open")
        #expect(pool.openingFailed().isEmpty)
        pool.released(connection, at: .zero)
        #expect(pool.serve(at: .zero)?.1 === connection)
    }

    /// A shared pool with a full connection, and a call for which another one could not be opened.
    private func heldBack() -> (FakePool, FakeConnection) {
        let pool = FakePool(.shared)
        _ = pool.acquire()
        let connection = FakeConnection(capacity: 1)
        pool.opened(connection, isShared: true)
        _ = pool.serve(at: .zero)
        _ = pool.acquire()
        #expect(pool.openingFailed().isEmpty)
        return (pool, connection)
    }

    @Test("does not try at once again to open one beside a full connection")
    func holdsBack() {
        let (pool, _) = heldBack()
        #expect(pool.isHeldBack)
        #expect(!pool.opensAnother())
        #expect(pool.acquire().name == "wait")
        pool.triesAgain()
        #expect(pool.opensAnother())
        pool.opened(FakeConnection(capacity: 2), isShared: true)
        #expect(pool.serve(at: .zero) != nil)
    }

    @Test("tries at once again when the full connection takes no more calls")
    func holdsBackNoLonger() {
        let (pool, connection) = heldBack()
        pool.drains(connection)
        #expect(pool.opensAnother())
        #expect(pool.openingFailed().count == 1, "nothing is left to wait for")
    }

    @Test("opens another one beside one that takes nothing only when that leaves")
    func declined() {
        let pool = FakePool(.shared)
        _ = pool.acquire()
        let connection = FakeConnection(capacity: 0)
        pool.opened(connection, isShared: true)
        #expect(!pool.opensAnother())
        #expect(pool.acquire().name == "wait")
        pool.drains(connection)
        #expect(pool.opensAnother())
    }

    @Test("takes room away from a connection, down to nothing")
    func shrinks() {
        let pool = FakePool(.shared)
        _ = pool.acquire()
        let connection = FakeConnection(capacity: 100)
        pool.opened(connection, isShared: true)
        _ = pool.serve(at: .zero)
        pool.resized(connection, to: 0)
        #expect(pool.acquire().name == "wait", "the endpoint takes no more")
        pool.released(connection, at: .zero)
        #expect(pool.serve(at: .zero) == nil)
        pool.resized(connection, to: 1)
        #expect(pool.serve(at: .zero)?.1 === connection)
    }
}
#endif

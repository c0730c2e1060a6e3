#if Transport
import MeshCore
import NIOCore
import Testing

@testable import MeshTransport

/// Drives a pool with random events and checks after each that it keeps its promises.
private struct Model {
    var random: SplitMix64
    let pool: FakePool
    var now = NIODeadline.zero
    /// What the pool said must be opened and was not yet.
    var opening = 0
    var open: [FakeConnection] = []
    var waiting: [FakeCall] = []
    var served = 0
    /// The highest limit of connections being opened since none was.
    var highestLimit = 0
    let isShared: Bool

    init(seed: UInt64) {
        random = SplitMix64(seed: seed)
        isShared = seed % 3 == 0
        pool = FakePool(
            maximum: Int.random(in: 1...6, using: &random),
            waiters: Int.random(in: 0...8, using: &random),
            minimum: Int.random(in: 0...1, using: &random),
            openings: Int.random(in: 1...4, using: &random),
            seed % 3 == 0 ? .shared : seed % 3 == 1 ? .exclusive : .unknown
        )
    }

    mutating func step() {
        now = now + .seconds(Int64.random(in: 0...9, using: &random))
        switch Int.random(in: 0..<12, using: &random) {
        case 0...3: acquire()
        case 4, 5: opened()
        case 6: openingFailed()
        case 7, 8: released()
        case 9: closed()
        case 10:
            forget()
            pool.triesAgain()
        default: sweep()
        }
        serve()
        check()
    }

    private mutating func acquire() {
        let call = FakeCall()
        switch pool.acquire(for: call, at: now) {
        case .start(let connection):
            use(connection)
            #expect(waiting.isEmpty || connection.record.capacity > 1, "a call overtook those who wait")
        case .open:
            opening += 1
            waiting.append(call)
        case .wait:
            waiting.append(call)
        case .refused:
            #expect(opening + open.count > 0, "a call was refused though a connection could be opened")
        }
    }

    private mutating func opened() {
        guard opening > 0 else { return }
        opening -= 1
        let capacity = isShared ? Int.random(in: 0...3, using: &random) : 1
        let age = Int64.random(in: 1...200, using: &random)
        let connection = FakeConnection(capacity: capacity, at: now, expiresAt: now + .seconds(age))
        open.append(connection)
        let duration = TimeAmount.milliseconds(Int64.random(in: 1...4, using: &random))
        pool.opened(connection, isShared: isShared, after: duration)
    }

    private mutating func openingFailed() {
        guard opening > 0 else { return }
        opening -= 1
        for call in pool.openingFailed() {
            #expect(waiting.first === call, "another call failed than the one that waited longest")
            waiting.removeFirst()
        }
    }

    private mutating func released() {
        guard let connection = open.filter({ $0.record.inUse > 0 }).randomElement(using: &random) else { return }
        pool.released(connection, at: now)
    }

    private mutating func closed() {
        guard let connection = open.randomElement(using: &random) else { return }
        if Bool.random(using: &random) { pool.drains(connection) }
        close(connection)
    }

    private mutating func forget() {
        guard let index = waiting.indices.randomElement(using: &random) else { return }
        pool.forget(waiting.remove(at: index))
    }

    private mutating func sweep() {
        for connection in pool.sweep(at: now) {
            #expect(connection.record.inUse == 0, "a connection in use was closed")
            close(connection)
        }
    }

    private mutating func close(_ connection: FakeConnection) {
        connection.isOpen = false
        open.removeAll { $0 === connection }
        pool.closed(connection)
    }

    /// What is open and does not drain, which is what the limits count.
    private var usable: Int { open.count { !$0.record.isDraining } }

    private mutating func serve() {
        while let (call, connection) = pool.serve(at: now) {
            #expect(waiting.first === call, "calls are not served in their order")
            waiting.removeFirst()
            use(connection)
        }
        while pool.opensAnother() { opening += 1 }
        while pool.opensSpare() { opening += 1 }
        for connection in pool.takeExpired() {
            #expect(connection.record.inUse == 0, "a connection in use was closed")
            close(connection)
        }
    }

    private mutating func use(_ connection: FakeConnection) {
        served += 1
        #expect(connection.isOpen, "a call got a closed connection")
        #expect(!connection.record.isDraining, "a call got a connection that drains")
        #expect(now < connection.record.expiresAt, "a call got a connection that is too old")
        #expect(connection.record.inUse <= connection.record.capacity, "a connection has more calls than room")
    }

    private mutating func check() {
        #expect(pool.opening == opening)
        #expect(Set(pool.connections.map(ObjectIdentifier.init)) == Set(open.map(ObjectIdentifier.init)))
        #expect(pool.connections.count == open.count)
        #expect(pool.waiters.map(ObjectIdentifier.init) == waiting.map(ObjectIdentifier.init))
        #expect(usable + opening <= pool.limits.maximumConnections)
        #expect(pool.hasMinimum == (usable + opening >= pool.limits.minimumConnections))
        #expect(waiting.count <= pool.limits.maximumWaiters + pool.limits.maximumConnections)
        highestLimit = opening == 0 ? pool.openingLimit : max(highestLimit, pool.openingLimit)
        #expect(isShared || opening <= highestLimit)
        // Whoever waits does so for a reason.
        if !waiting.isEmpty {
            #expect(
                opening > 0 || usable == pool.limits.maximumConnections
                    || pool.isHeldBack && usable > 0
                    || isShared && open.contains { $0.record.capacity == 0 && !$0.record.isDraining },
                "a call waits though a connection could be opened"
            )
            #expect(
                !open.contains { $0.record.hasRoom && now < $0.record.expiresAt },
                "a call waits beside a free connection"
            )
        }
    }
}

@Suite("A pool under random events") struct PoolStatePropertyTests {
    @Test("keeps its promises", arguments: 0..<60)
    func promises(_ seed: Int) {
        var model = Model(seed: UInt64(seed))
        for _ in 0..<2000 { model.step() }
        #expect(model.served > 50)
    }
}
#endif

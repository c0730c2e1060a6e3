import MeshCore
import Testing

@testable import MeshLoadBalancing

/// A pool with a generator, and answers written as pairs.
private struct Pool {
    var pool: ProbePool
    var random = SplitMix64(seed: 1)
    /// So many that the pool may be as large as its policy says.
    var fleet = 1_000

    init(_ policy: Prequal) {
        pool = ProbePool(policy)
    }

    mutating func insert(_ target: UInt32, _ requestsInFlight: Int, _ milliseconds: Int?, at now: MeshInstant = .start)
    {
        pool.insert(
            ProbeResponse(requestsInFlight: requestsInFlight, latency: milliseconds.map { .milliseconds($0) }),
            from: target,
            among: fleet,
            at: now,
            using: &random
        )
    }

    /// Endpoints 0 and up with these requests in flight and latencies.
    mutating func insert(_ answers: [(Int, Int)], at now: MeshInstant = .start) {
        for (target, answer) in answers.enumerated() { insert(UInt32(target), answer.0, answer.1, at: now) }
    }

    mutating func choices(_ count: Int) -> [UInt32?] {
        (0..<count).map { _ in pool.choose(at: .start) }
    }
}

@Suite("Probe pool")
struct ProbePoolTests {
    private static func still(
        poolSize: Int = 16,
        removalRate: Double = 0,
        hotQuantile: Fraction = 0.75,
        minimumPoolSize: Int = 1
    ) -> Prequal {
        Prequal(
            poolSize: poolSize,
            removalRate: removalRate,
            // So that an answer may be used as often as the pool has room for answers.
            reuseSlack: 100,
            hotQuantile: hotQuantile,
            minimumPoolSize: minimumPoolSize
        )
    }

    // MARK: Hot and cold

    @Test(
        "a cold one with the lowest latency, otherwise the one with the fewest in flight",
        arguments: [
            // Three quarters of four are the third: 3. Only the last is hot, although it is the fastest.
            (0.75, [(1, 40), (2, 30), (3, 20), (4, 10)], 2),
            (0.5, [(1, 40), (2, 30), (3, 20), (4, 10)], 1),
            (0.0, [(1, 40), (2, 30), (3, 20), (4, 10)], 0),  // the requests in flight decide
            (1.0, [(1, 40), (2, 30), (3, 20), (4, 10)], 3),  // latency decides
            (0.75, [(7, 30), (7, 10), (7, 20)], 1),  // nobody has more than the others
            (0.0, [(5, 9), (5, 8), (6, 1)], 1),  // latency between equals
            (0.75, [(3, 10), (2, 10), (2, 10)], 2),  // of equals the newest
        ] as [(Fraction, [(Int, Int)], UInt32)]
    )
    func rule(quantile: Fraction, answers: [(Int, Int)], expected: UInt32) {
        var pool = Pool(Self.still(hotQuantile: quantile))
        pool.insert(answers)
        #expect(pool.pool.choose(at: .start) == expected)
    }

    @Test("the paper's quantile is the default")
    func quantile() {
        #expect(Prequal().hotQuantile == Fraction(0.5.squareRoot().squareRoot()))
        var pool = Pool(Prequal())
        #expect(pool.pool.hotThreshold == .max)
        for load in 1...100 { pool.insert(UInt32(load), load, 1) }
        #expect(pool.pool.hotThreshold == 85)
        // Of the last 128 answers only.
        for load in 101...200 { pool.insert(UInt32(load), load, 1) }
        #expect(pool.pool.hotThreshold == 72 + 108)
    }

    @Test("a call counts at once, so that calls do not all run to the same endpoint")
    func ownCalls() {
        var pool = Pool(Self.still(hotQuantile: 0.0))
        pool.insert([(0, 10), (2, 10)])
        // 0, 1, 2 in flight; at 2 and 2 the newer; at 2 and 3 the other, and so on.
        #expect(pool.choices(6) == [0, 0, 1, 0, 1, 0])
    }

    @Test("an endpoint that becomes hot by our own calls gives way")
    func becomesHot() {
        var pool = Pool(Self.still(hotQuantile: 0.5))
        pool.insert([(3, 10), (3, 50)])
        // The fast one is hot after the first call, then the slow one, too; then the fewest count.
        #expect(pool.choices(4) == [0, 1, 0, 1])
    }

    @Test("an endpoint without a latency is tried")
    func unknownLatency() {
        var pool = Pool(Self.still())
        pool.insert(0, 1, 1)
        pool.insert(1, 1, nil)
        #expect(pool.pool.choose(at: .start) == 1)
    }

    @Test("only endpoints that this call may ask")
    func eligible() {
        var pool = Pool(Self.still(minimumPoolSize: 2))
        pool.insert([(1, 10), (1, 20), (1, 30)])
        #expect(pool.pool.choose(at: .start) { $0 != 0 } == 1)
        // One is too few for a choice.
        #expect(pool.pool.choose(at: .start) { $0 == 2 } == nil)
    }

    // MARK: What is in the pool

    @Test("the last answer of an endpoint replaces the one before")
    func replaces() {
        var pool = Pool(Self.still())
        pool.insert(0, 9, 90)
        pool.insert(1, 5, 50)
        pool.insert(0, 1, 10, at: .start + .milliseconds(900))
        #expect(pool.pool.count == 2)
        // The first answer would have been too old by now.
        #expect(pool.pool.choose(at: .start + .milliseconds(1500)) == 0)
        #expect(pool.pool.count == 1)
    }

    @Test("a full pool loses the oldest")
    func full() {
        var pool = Pool(Self.still(poolSize: 2, hotQuantile: 1.0))
        pool.insert([(0, 1), (0, 2), (0, 3)])
        #expect(pool.pool.count == 2)
        #expect(pool.pool.choose(at: .start) == 1)
    }

    @Test("an answer counts for a second")
    func expires() {
        var pool = Pool(Self.still())
        pool.insert(0, 1, 1)
        #expect(pool.pool.choose(at: .start + .seconds(1)) == 0)
        #expect(pool.pool.choose(at: .start + .seconds(1) + .nanoseconds(1)) == nil)
        #expect(pool.pool.count == 0)
    }

    @Test("too few answers are no choice, whatever they say")
    func minimum() {
        var pool = Pool(Self.still(minimumPoolSize: 2))
        #expect(pool.pool.choose(at: .start) == nil)
        pool.insert(0, 1, 1)
        #expect(pool.pool.choose(at: .start) == nil)
        pool.insert(1, 1, 2)
        #expect(pool.pool.choose(at: .start) == 0)
    }

    @Test("endpoints that left are forgotten, the others keep their numbers")
    func leaves() {
        var pool = Pool(Self.still(hotQuantile: 1.0))
        pool.insert([(0, 1), (0, 2), (0, 3)])
        pool.pool.retain { $0 != 0 }
        #expect(pool.pool.choose(at: .start) == 1)
        #expect(pool.pool.count == 2)
    }

    // MARK: Use and removal

    @Test(
        "the formula of the paper, and its cap",
        arguments: [
            (1000, 2 / 1.952), (100, 2 / 1.52), (96, 2 / 1.5), (48, 2 / 1.5), (20, 2 / 1.4), (18, 2 / 1.5),
            (10, 2 / 1.1),
            (6, 3), (5, 3), (4, 3), (3, 3), (2, 3), (1, 3), (0, 3),
        ] as [(Int, Double)]
    )
    func reuse(count: Int, expected: Double) {
        #expect(abs(Prequal().meanReuse(among: count) - expected) < 1e-9)
        #expect(Prequal(probeRate: 10).meanReuse(among: 100) == 1)
    }

    @Test(
        "the pool holds the answers of no more than a sixth of the fleet, and three at least",
        arguments: [
            (1000, 16), (91, 16), (90, 15), (48, 8), (20, 4), (19, 4), (18, 3), (10, 3), (3, 3), (2, 3), (0, 3),
        ]
    )
    func size(count: Int, expected: Int) {
        #expect(Prequal().poolSize(among: count) == expected)
        #expect(Prequal(poolSize: 2).poolSize(among: count) == 2)
        #expect(Prequal(minimumPoolSize: 7).poolSize(among: count) == max(expected, 8))
        var pool = Pool(Prequal())
        pool.fleet = 1000
        pool.insert((0..<30).map { ($0, 1) })
        #expect(pool.pool.count == 16)
        // The fleet has become smaller.
        pool.fleet = count
        pool.insert(0, 1, 1)
        #expect(pool.pool.count == expected)
    }

    @Test("the mean of the uses is what the formula says", arguments: [2, 17, 25, 32, 40, 100, 1000])
    func meanUses(fleet: Int) {
        let policy = Prequal(removalRate: 1, minimumPoolSize: 1)
        var pool = Pool(policy)
        pool.fleet = fleet
        var uses = 0
        let answers = 4000
        for _ in 0..<answers {
            // Alone in the pool, so that no removal takes it.
            pool.insert(0, 1, 1)
            while pool.pool.choose(at: .start) != nil { uses += 1 }
        }
        let mean = Double(uses) / Double(answers)
        #expect(abs(mean - policy.meanReuse(among: fleet)) < 0.03, "\(mean)")
    }

    @Test("removal takes the oldest and the worst by turns")
    func removal() {
        var pool = Pool(Self.still(removalRate: 1, hotQuantile: 0.5))
        // 4 is hot; 1 is the slowest of the cold, 3 the best.
        pool.insert([(1, 30), (1, 40), (1, 20), (1, 10), (9, 1)])
        #expect(pool.pool.choose(at: .start) == 3)  // and 0, the oldest, goes; 3 now has two in flight and is hot
        #expect(pool.pool.count == 4)
        #expect(pool.pool.choose(at: .start) == 2)  // and 4, the worst, goes
        #expect(pool.pool.count == 3)
        #expect(pool.pool.choose(at: .start) == 1)  // and then it goes as the oldest
        #expect(pool.pool.count == 2)
        // 2 and 3 are left, with two in flight each.
        #expect(pool.pool.choose(at: .start) == 3)  // the faster one; but now it has three and is the worst
        #expect(pool.pool.count == 1)
        #expect(pool.pool.choose(at: .start) == 2)
        #expect(pool.pool.count == 1)
    }

    @Test("removal may be fractional, and leaves what a choice needs")
    func fractionalRemoval() {
        var pool = Pool(Self.still(removalRate: 0.25, minimumPoolSize: 2))
        pool.insert((0..<6).map { (1, $0) })
        let counts = (0..<24).map { _ in
            _ = pool.pool.choose(at: .start)
            return pool.pool.count
        }
        #expect(counts[..<16] == [6, 6, 6, 5, 5, 5, 5, 4, 4, 4, 4, 3, 3, 3, 3, 2])
        #expect(counts[16...].allSatisfy { $0 == 2 })
    }

    // MARK: Failures

    @Test("an endpoint that fails quickly does not attract calls")
    func sinkhole() {
        var pool = Pool(Self.still(minimumPoolSize: 2))
        pool.insert([(1, 1), (1, 10)])
        #expect(pool.pool.choose(at: .start) == 0)
        // One failure and it is a third slower than it says, which is still the faster; after three it is out.
        for _ in 0..<2 { pool.pool.record(.failure, of: 0, at: .start) }
        pool.insert([(1, 1), (1, 10)])
        #expect(pool.pool.choose(at: .start) == 0)
        pool.pool.record(.failure, of: 0, at: .start)
        #expect(pool.pool.choose(at: .start) == 1)
        // New answers do not help it.
        pool.insert(0, 0, 0)
        #expect(pool.pool.choose(at: .start) == 1)
        // It is tried again when the failures have faded: 0.578 to a half in 2.1 s.
        pool.insert([(1, 1), (1, 10)], at: .start + .seconds(2))
        #expect(pool.pool.choose(at: .start + .seconds(2)) == 1)
        pool.insert([(1, 1), (1, 10)], at: .start + .milliseconds(2200))
        #expect(pool.pool.choose(at: .start + .milliseconds(2200)) == 0)
        // And with one success it has its place back.
        pool.pool.record(.success, of: 0, at: .start + .milliseconds(2300))
        pool.insert([(1, 1), (1, 10)], at: .start + .milliseconds(2300))
        #expect(pool.pool.choose(at: .start + .milliseconds(2300)) == 0)
    }

    @Test("if all fail the endpoint is drawn at random")
    func allFail() {
        var pool = Pool(Self.still(minimumPoolSize: 2))
        pool.insert([(1, 1), (1, 10)])
        for target in [UInt32(0), 1] {
            for _ in 0..<3 { pool.pool.record(.failure, of: target, at: .start) }
        }
        #expect(pool.pool.choose(at: .start) == nil)
    }

    @Test("failures here and there change little, and the rest says nothing")
    func fewFailures() {
        var shares = FailureShares(halfLife: .seconds(10))
        #expect(shares.record(.inconclusive, of: 1, at: .start) == nil)
        #expect(shares.record(.success, of: 1, at: .start) == nil)
        #expect(shares.record(.overloaded, of: 1, at: .start) == 0.25)
        #expect(shares.share(of: 1, at: .start + .seconds(10)) == 0.125)
        // One call of ten fails, for long: never more than a third.
        for call in 0..<1000 {
            let share = shares.record(call % 10 == 0 ? .failure : .success, of: 2, at: .start)
            #expect((share ?? 0) < 0.34)
        }
        // As if nothing had been.
        for _ in 0..<20 { _ = shares.record(.success, of: 2, at: .start) }
        #expect(shares.share(of: 2, at: .start) == 0)
    }

    @Test("of very many that fail the worst are remembered")
    func manyFail() {
        var shares = FailureShares(halfLife: .seconds(10))
        for target in 0..<UInt32(64) {
            for _ in 0...(target % 3) { _ = shares.record(.failure, of: target, at: .start) }
        }
        for target in UInt32(64)..<80 { _ = shares.record(.failure, of: target, at: .start) }
        #expect((0..<UInt32(64)).allSatisfy { $0 % 3 == 0 || shares.share(of: $0, at: .start) > 0.4 })
        #expect((0..<UInt32(80)).count { shares.share(of: $0, at: .start) > 0 } == 64)
        // The first of those that have failed once had to make room.
        shares.retain { $0 < 10 }
        #expect((0..<UInt32(80)).filter { shares.share(of: $0, at: .start) > 0 } == Array(1..<10))
    }
}

import MeshCore
import TestSupport
import Testing

@testable import MeshCircuitBreaking

@Suite(.takesTurns) struct CircuitBreakersStressTests {
    @Test func `however many ask at once, one gets the probe`() async {
        let breakers = CircuitBreakers(CircuitBreakerPolicy(ejection: Backoff(base: .seconds(5), maximum: .seconds(5))))
        let breaker = breakers.track(.numbered(1))
        let other = breakers.track(.numbered(2))
        let probes = Gauge()
        for _ in 1...5 { breaker.record(.failure, of: HealthTicket(), at: .seconds(0)) }

        await withDiscardingTaskGroup { group in
            for _ in 0..<32 {
                group.addTask {
                    for round in 0..<500 {
                        // Past every ejection, well inside every lease.
                        let now = MeshInstant.seconds(100 + Double(round) * 0.001)
                        guard let ticket = breaker.admit(at: now) else {
                            await Task.yield()
                            continue
                        }
                        precondition(ticket.isProbe)
                        probes.enter()
                        await Task.yield()
                        probes.leave()
                        breaker.record(.inconclusive, of: ticket, at: now)
                    }
                }
            }
        }
        #expect(probes.most == 1)
        #expect(probes.total > 1)
        #expect(breakers.unavailableCount == 1)
        withExtendedLifetime(other) {}
    }

    @Test(arguments: [2, 3, 10, 100])
    func `the cap holds exactly when all endpoints fail at once`(count: Int) async {
        let breakers = CircuitBreakers()
        let all = (0..<count).map { breakers.track(.numbered($0)) }
        await withDiscardingTaskGroup { group in
            for offset in 0..<16 {
                group.addTask {
                    for round in 0..<(count * 10) {
                        let breaker = all[(round + offset * 7) % count]
                        guard let ticket = breaker.admit(at: .seconds(0)) else { continue }
                        breaker.record(.failure, of: ticket, at: .seconds(0))
                        precondition(breakers.unavailableCount <= max(1, count / 2))
                    }
                }
            }
        }
        #expect(breakers.unavailableCount == max(1, count / 2))
        #expect(all.count { $0.availability(at: .seconds(0)) == .unavailable } == breakers.unavailableCount)
    }

    @Test func `counts stay exact while endpoints come, fail, recover and go`() async {
        let log = TransitionLog()
        let policy = CircuitBreakerPolicy(ejection: Backoff(base: .milliseconds(1), maximum: .milliseconds(2)))
        let breakers = CircuitBreakers(policy, onTransition: log.append)
        await withDiscardingTaskGroup { group in
            for task in 0..<16 {
                group.addTask {
                    var random = SplitMix64(seed: UInt64(task))
                    var live: [CircuitBreaker] = []
                    for round in 0..<2_000 {
                        let now = MeshInstant.seconds(Double(round) * 0.0005)
                        if live.count < 4 || round % 50 == 0 {
                            live.append(breakers.track(.numbered(Int(random.next() % 100))))
                        }
                        if live.count > 8 { live.remove(at: Int(random.next() % 8)).retire() }
                        let breaker = live[Int(random.next() % UInt64(live.count))]
                        if let ticket = breaker.admit(at: now) {
                            let outcomes = [
                                Outcome.success, .failure, .failure, .failure, .inconclusive, Outcome(.overloaded),
                            ]
                            breaker.record(outcomes[Int(random.next() % 6)], of: ticket, at: now)
                        }
                    }
                    for breaker in live { breaker.retire() }
                }
            }
        }
        #expect(breakers.trackedCount == 0)
        #expect(breakers.unavailableCount == 0)
        #expect(log.count { $0 == .readmitted } > 0)
        #expect(log.count { $0 == .readmitted } <= log.count { $0 == .probing })
    }

    @Test func `successes of many threads are in the window to the last one`() async {
        let log = TransitionLog()
        let policy = CircuitBreakerPolicy(consecutiveFailures: nil, successRate: 0.8, minimumVolume: 1)
        let breakers = CircuitBreakers(policy, onTransition: log.append)
        let breaker = breakers.track(.numbered(1))
        let other = breakers.track(.numbered(2))
        await withDiscardingTaskGroup { group in
            for _ in 0..<8 {
                group.addTask {
                    for step in 0..<1_000 {
                        // Over several buckets of the window.
                        let now = MeshInstant.seconds(Double(step) * 0.01)
                        guard let ticket = breaker.admit(at: now) else { continue }
                        breaker.record(.success, of: ticket, at: now)
                        if step % 100 == 0 { await Task.yield() }
                    }
                }
            }
        }
        // 8,000 of 10,000 are exactly 0.8; one fewer is too few.
        for failure in 1...2_001 {
            #expect(log.all.isEmpty, "after \(failure - 1) failures")
            guard let ticket = breaker.admit(at: .seconds(10)) else { break }
            breaker.record(.failure, of: ticket, at: .seconds(10))
        }
        guard case .ejected(_, let reason) = log.all.first else {
            Issue.record("\(log.all)")
            return
        }
        #expect(reason == .successRate(successes: 8_000, of: 10_001))
        withExtendedLifetime(other) {}
    }

    private struct SameDraws: RandomNumberGenerator {
        let source: RandomSource

        mutating func next() -> UInt64 { source.next() }
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `a breaker does what its rules say, call by call`(seed: UInt64) {
        let policy = CircuitBreakerPolicy(
            consecutiveFailures: 4,
            window: .seconds(10),
            ejection: Backoff(base: .seconds(1), maximum: .seconds(4))
        )
        let log = TransitionLog()
        let breakers = CircuitBreakers(policy, random: RandomSource(seed: seed), onTransition: log.append)
        let breaker = breakers.track(.numbered(1))
        let other = breakers.track(.numbered(2))
        var state = BreakerState(policy)
        var random = SplitMix64(seed: seed)
        var jitter = SameDraws(source: RandomSource(seed: seed))
        var (expected, held): ([BreakerTransition], [HealthTicket]) = ([], [])
        var time = 0.0
        for _ in 0..<20_000 {
            time += Double(random.next() % 100) / 1000
            let now = MeshInstant.seconds(time)
            let ticket = breaker.admit(at: now)
            let admitted = state.admit(at: now, under: policy)
            #expect(ticket == admitted)
            if ticket?.isProbe == true { expected.append(.probing) }
            if let ticket { held.append(ticket) }
            // Results come in another order than calls, some of them after an ejection.
            guard held.count > 3 else { continue }
            let ended = held.remove(at: Int(random.next() % UInt64(held.count)))
            let outcome: Outcome =
                switch random.next() % 16 {
                case 0...11: .success
                case 12: .inconclusive
                case 13: Outcome(.overloaded)
                default: .failure
                }
            breaker.record(outcome, of: ended, at: now)
            let transition = state.record(
                outcome,
                of: ended,
                at: now,
                under: policy,
                using: &jitter,
                reserving: { true }
            )
            if let transition { expected.append(transition) }
            #expect(breaker.phase == state.phase)
        }
        #expect(log.all == expected)
        #expect(expected.count > 20)
        withExtendedLifetime(other) {}
    }
}

import MeshCircuitBreaking
import MeshCore
import Testing

@Suite struct CircuitBreakersStressTests {
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
}

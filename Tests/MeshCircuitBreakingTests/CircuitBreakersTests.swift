import MeshCore
import Testing

@testable import MeshCircuitBreaking

@Suite struct CircuitBreakersTests {
    private let overlong = MeshInstant.seconds(1000)

    private func fail(_ breaker: CircuitBreaker, times: Int = 5, at seconds: Double = 0) {
        for _ in 0..<times {
            guard let ticket = breaker.admit(at: .seconds(seconds)) else { return }
            breaker.record(.failure, of: ticket, at: .seconds(seconds))
        }
    }

    @Test func `the face agrees with the state through a whole cycle, and every step is reported once`() throws {
        let log = TransitionLog()
        let breakers = CircuitBreakers(random: RandomSource(seed: 1), onTransition: log.append)
        let breaker = breakers.track(.numbered(1))
        let other = breakers.track(.numbered(2))
        #expect(breaker.availability(at: .seconds(0)) == .available)
        #expect(breakers.trackedCount == 2)

        fail(breaker)
        #expect(breakers.unavailableCount == 1)
        guard case .open(let until) = breaker.phase else {
            Issue.record("\(breaker.phase)")
            return
        }
        let before = MeshInstant(nanoseconds: until.nanoseconds - 1)
        #expect(breaker.availability(at: before) == .unavailable)
        #expect(breaker.admit(at: before) == nil)
        #expect(breaker.availability(at: until) == .probe)

        let probe = try #require(breaker.admit(at: until))
        #expect(breaker.availability(at: until) == .unavailable)
        #expect(breaker.admit(at: until) == nil)
        #expect(breakers.unavailableCount == 1)
        breaker.record(.success, of: probe, at: until)
        #expect(breaker.availability(at: until) == .available)
        #expect(breakers.unavailableCount == 0)
        #expect(other.availability(at: until) == .available)

        let all = log.all
        #expect(all.count == 3)
        #expect(all.first?.ejectionTime == MeshInstant.seconds(0).duration(to: until))
        #expect(Array(all.dropFirst()) == [.probing, .readmitted])
    }

    @Test func `a dropped probe does not wedge`() throws {
        let breakers = CircuitBreakers()
        let breaker = breakers.track(.numbered(1))
        _ = breakers.track(.numbered(2))
        let keep = breakers.track(.numbered(3))
        fail(breaker)
        for _ in 1...10 {
            let probe = try #require(breaker.admit(at: overlong))
            breaker.record(.inconclusive, of: probe, at: overlong)
            #expect(breaker.availability(at: overlong) == .probe)
        }
        #expect(keep.availability(at: overlong) == .available)
    }

    @Test(arguments: [(1, 0), (2, 1), (3, 1), (4, 2), (10, 5), (100, 50)])
    func `by default half of the endpoints can be ejected, one at least of two`(count: Int, cap: Int) {
        let log = TransitionLog()
        let breakers = CircuitBreakers(onTransition: log.append)
        let all = (0..<count).map { breakers.track(.numbered($0)) }
        for breaker in all { fail(breaker, times: 50) }
        #expect(breakers.unavailableCount == cap)
        #expect(all.count { $0.availability(at: .seconds(0)) == .unavailable } == cap)
        #expect(log.count { $0.ejectionTime != nil } == cap)
        #expect(log.count { if case .ejectionSuppressed = $0 { true } else { false } } == count - cap)
    }

    @Test(arguments: [(0.0, 10, 0), (0.001, 10, 1), (0.001, 1, 0), (0.1, 19, 1), (0.1, 20, 2), (1, 10, 10), (1, 1, 1)])
    func `the share is rounded down, to one at least unless it is zero`(share: Double, count: Int, cap: Int) throws {
        let breakers = CircuitBreakers(CircuitBreakerPolicy(maximumEjected: try #require(Fraction(share))))
        let all = (0..<count).map { breakers.track(.numbered($0)) }
        for breaker in all { fail(breaker, times: 10) }
        #expect(breakers.unavailableCount == cap)
    }

    @Test func `a readmitted endpoint gives its place to the next`() throws {
        let breakers = CircuitBreakers()
        let (first, second) = (breakers.track(.numbered(1)), breakers.track(.numbered(2)))
        fail(first)
        fail(second)
        #expect(second.availability(at: .seconds(0)) == .available)
        let probe = try #require(first.admit(at: overlong))
        first.record(.success, of: probe, at: overlong)
        fail(second, at: 1000)
        #expect(second.availability(at: overlong) == .unavailable)
        #expect(breakers.unavailableCount == 1)
    }

    @Test func `a retired endpoint gives back its place and counts no more`() {
        let breakers = CircuitBreakers()
        let first = breakers.track(.numbered(1))
        let rest = (2...4).map { breakers.track(.numbered($0)) }
        let late = first.admit(at: .seconds(0)) ?? HealthTicket()
        fail(first)
        #expect(breakers.unavailableCount == 1)
        first.retire()
        first.retire()
        #expect(breakers.unavailableCount == 0)
        #expect(breakers.trackedCount == 3)
        #expect(first.availability(at: overlong) == .unavailable)
        #expect(first.admit(at: overlong) == nil)
        first.record(.success, of: late, at: overlong)
        #expect(breakers.unavailableCount == 0)

        let healthy = rest[0]
        let tickets = (1...10).map { _ in healthy.admit(at: .seconds(0)) ?? HealthTicket() }
        healthy.retire()
        for ticket in tickets { healthy.record(.failure, of: ticket, at: .seconds(0)) }
        #expect(breakers.unavailableCount == 0)
        #expect(breakers.trackedCount == 2)
    }

    @Test func `an endpoint counts only while it has a weight`() throws {
        let log = TransitionLog()
        let breakers = CircuitBreakers(onTransition: log.append)
        let all = (0..<4).map { breakers.track(.numbered($0)) }
        var emptied = (0..<4).map { Endpoint.numbered($0) }
        for index in 0..<4 { emptied[index].weight = 0 }
        fail(all[0])
        fail(all[1])
        #expect(breakers.unavailableCount == 2)
        all[0].update(emptied[0])
        all[1].update(emptied[1])
        all[1].update(emptied[1])
        #expect(breakers.trackedCount == 2)
        #expect(breakers.unavailableCount == 0)
        #expect(all[0].availability(at: .seconds(0)) == .unavailable)

        // The places are free for others, and readmission outside gives back none.
        fail(all[2])
        #expect(breakers.unavailableCount == 1)
        let probe = try #require(all[0].admit(at: overlong))
        all[0].record(.success, of: probe, at: overlong)
        #expect(breakers.unavailableCount == 1)
        // Without a weight it is ejected without a place.
        fail(all[0], at: 1000)
        #expect(all[0].availability(at: overlong) == .unavailable)
        #expect(breakers.unavailableCount == 1)

        all[0].update(.numbered(0))
        all[1].update(.numbered(1))
        #expect(breakers.trackedCount == 4)
        #expect(breakers.unavailableCount == 3)
        all[2].update(emptied[2])
        all[3].update(emptied[3])
        for breaker in all { breaker.retire() }
        #expect(breakers.trackedCount == 0)
        #expect(breakers.unavailableCount == 0)
        #expect(breakers.track(emptied[0]).availability(at: .seconds(0)) == .available)
        #expect(breakers.trackedCount == 0)
    }

    @Test func `a probe under way when its endpoint retires changes nothing`() throws {
        let breakers = CircuitBreakers()
        let first = breakers.track(.numbered(1))
        let second = breakers.track(.numbered(2))
        fail(first)
        let probe = try #require(first.admit(at: overlong))
        first.retire()
        first.record(.success, of: probe, at: overlong)
        #expect(breakers.unavailableCount == 0)
        #expect(breakers.trackedCount == 1)
        withExtendedLifetime(second) {}
    }

    @Test func `a breaker that is dropped retires`() {
        let breakers = CircuitBreakers()
        let keep = breakers.track(.numbered(1))
        fail(breakers.track(.numbered(2)))
        #expect(breakers.trackedCount == 1)
        #expect(breakers.unavailableCount == 0)
        withExtendedLifetime(keep) {}
    }

    @Test func `an address that comes back starts afresh`() {
        let breakers = CircuitBreakers()
        let keep = (2...4).map { breakers.track(.numbered($0)) }
        let old = breakers.track(.numbered(1))
        let ticket = old.admit(at: .seconds(0)) ?? HealthTicket()
        fail(old)
        old.retire()
        let new = breakers.track(.numbered(1))
        #expect(new.availability(at: .seconds(0)) == .available)
        for _ in 1...10 { old.record(.failure, of: ticket, at: .seconds(0)) }
        fail(new, times: 4)
        #expect(new.availability(at: .seconds(0)) == .available)
        withExtendedLifetime(keep) {}
    }

    @Test func `an ordinary ticket made up by the caller says nothing about an endpoint once ejected`() throws {
        let breakers = CircuitBreakers()
        let breaker = breakers.track(.numbered(1))
        let other = breakers.track(.numbered(2))
        fail(breaker)
        // A balancer in panic asks an ejected endpoint without its leave.
        for _ in 1...10 { breaker.record(.success, of: HealthTicket(), at: .seconds(0)) }
        #expect(breaker.availability(at: .seconds(0)) == .unavailable)
        withExtendedLifetime(other) {}
    }

    @Test func `with a disabled policy nothing happens`() {
        let breakers = CircuitBreakers(.disabled)
        let breaker = breakers.track(.numbered(1))
        fail(breaker, times: 1000)
        #expect(breaker.availability(at: .seconds(0)) == .available)
        #expect(breakers.unavailableCount == 0)
    }

    @Test func `the same seed ejects for the same times`() {
        func phases(seed: UInt64) -> [BreakerState.Phase] {
            let breakers = CircuitBreakers(random: RandomSource(seed: seed))
            let all = (0..<10).map { breakers.track(.numbered($0)) }
            for breaker in all { fail(breaker) }
            return all.map(\.phase)
        }
        #expect(phases(seed: 1) == phases(seed: 1))
        #expect(phases(seed: 1) != phases(seed: 2))
    }
}

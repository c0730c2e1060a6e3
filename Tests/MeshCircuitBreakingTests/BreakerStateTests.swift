import MeshCircuitBreaking
import MeshCore
import Testing

@Suite struct BreakerStateTests {
    private let overloaded = Outcome(.overloaded, retry: .ifIdempotent)

    // MARK: closed

    @Test func `five failures in a row eject, four do not`() {
        var rig = Rig()
        for _ in 1...4 { #expect(rig.call(.failure, at: 0) == nil) }
        let transition = rig.call(.failure, at: 0)
        guard case .ejected(let duration, .consecutiveFailures(5)) = transition else {
            Issue.record("\(String(describing: transition))")
            return
        }
        #expect(duration.isBetween(.seconds(2.5), and: .seconds(5)))
        #expect(rig.state.phase == .open(until: MeshInstant.seconds(0).advanced(by: duration)))
        #expect(rig.state.availability(at: .seconds(0)) == .unavailable)
        #expect(rig.admit(at: 0) == nil)
    }

    @Test func `a success in between starts the count of consecutive failures again`() {
        var rig = Rig(CircuitBreakerPolicy(successRate: nil))
        for _ in 1...100 {
            for _ in 1...4 { #expect(rig.call(.failure, at: 0) == nil) }
            rig.call(.success, at: 0)
        }
        #expect(!rig.state.isEjected)
    }

    @Test func `overloaded and inconclusive results neither add to the consecutive failures nor end them`() {
        var rig = Rig(CircuitBreakerPolicy(successRate: nil))
        for _ in 1...4 { rig.call(.failure, at: 0) }
        for _ in 1...100 {
            #expect(rig.call(overloaded, at: 0) == nil)
            #expect(rig.call(.inconclusive, at: 0) == nil)
        }
        #expect(rig.call(.failure, at: 0)?.ejectionTime != nil)
    }

    @Test(arguments: [
        // successes, failures, of them overloaded; ejected?
        (16, 4, 0, false),  // exactly 0.8 is not below it
        (15, 5, 0, true),
        (15, 0, 5, true),
        (14, 5, 0, false),  // one short of the volume
        (799, 200, 0, true),
        (800, 200, 0, false),
    ])
    func `the success rate ejects below the threshold, from the minimum volume on`(
        successes: Int,
        failures: Int,
        overloads: Int,
        ejects: Bool
    ) {
        var rig = Rig(CircuitBreakerPolicy(consecutiveFailures: nil))
        for _ in 0..<successes { rig.call(.success, at: 0) }
        var last: BreakerTransition?
        for _ in 0..<failures { last = rig.call(.failure, at: 0) }
        for _ in 0..<overloads { last = rig.call(overloaded, at: 0) }
        #expect(rig.state.isEjected == ejects)
        if case .ejected(_, let reason)? = last {
            let total = successes + failures + overloads
            #expect(reason == .successRate(successes: successes, of: total))
        } else {
            #expect(!ejects)
        }
    }

    @Test func `an endpoint that alternates is found by its success rate`() {
        var rig = Rig()
        var calls = 0
        while !rig.state.isEjected {
            rig.call(calls % 2 == 0 ? .success : .failure, at: Double(calls) * 0.01)
            calls += 1
        }
        #expect(calls == 20)
    }

    @Test func `what is older than the window does not count`() {
        var rig = Rig(CircuitBreakerPolicy(consecutiveFailures: nil))
        for _ in 1...19 { rig.call(.failure, at: 0) }
        #expect(rig.call(.failure, at: 31) == nil)
        for second in 32..<50 { rig.call(.failure, at: Double(second)) }
        #expect(rig.call(.failure, at: 50)?.ejectionTime != nil)
    }

    @Test func `a disabled policy ejects nothing`() {
        var rig = Rig(.disabled)
        for _ in 1...1000 { #expect(rig.call(.failure, at: 0) == nil) }
        #expect(!CircuitBreakerPolicy.disabled.isEnabled)
        #expect(!CircuitBreakerPolicy(maximumEjected: .zero).isEnabled)
        #expect(CircuitBreakerPolicy().isEnabled)
    }

    @Test func `a suppressed ejection leaves the breaker closed and is reported once per base ejection time`() {
        var rig = Rig()
        rig.mayEject = false
        for _ in 1...4 { rig.call(.failure, at: 0) }
        #expect(rig.call(.failure, at: 0) == .ejectionSuppressed(.consecutiveFailures(5)))
        for _ in 1...100 { #expect(rig.call(.failure, at: 4.9) == nil) }
        #expect(rig.call(.failure, at: 5) == .ejectionSuppressed(.consecutiveFailures(106)))
        #expect(!rig.state.isEjected)

        rig.mayEject = true
        #expect(rig.call(.failure, at: 5)?.ejectionTime != nil)
    }

    // MARK: open and half-open

    @Test func `one probe is leased when the time is up, and its success readmits`() throws {
        var rig = Rig()
        let time = rig.eject(at: 0).inSeconds
        #expect(rig.admit(at: time - 0.001) == nil)
        #expect(rig.state.availability(at: .seconds(time + 0.001)) == .probe)
        let probe = try rig.admitted(at: time + 0.001)
        #expect(probe.isProbe)
        #expect(rig.state.availability(at: .seconds(time + 0.001)) == .unavailable)
        for _ in 1...10 { #expect(rig.admit(at: time + 1) == nil) }
        #expect(rig.record(.success, of: probe, at: time + 1) == .readmitted)
        #expect(rig.state.phase == .closed)
        #expect(rig.admit(at: time + 1)?.isProbe == false)
    }

    @Test func `a readmitted endpoint starts with a clean sheet`() {
        var rig = Rig()
        let time = rig.eject(at: 0).inSeconds
        rig.call(.success, at: time + 0.001)
        for _ in 1...4 { #expect(rig.call(.failure, at: time + 0.002) == nil) }
    }

    @Test func `a failed probe ejects again, for longer`() {
        var rig = Rig(CircuitBreakerPolicy(ejection: Backoff(base: .seconds(4), maximum: .seconds(64), jitter: .equal)))
        var now = rig.eject(at: 0).inSeconds
        for ceiling in [8.0, 16, 32, 64, 64, 64] {
            let transition = rig.call(.failure, at: now + 0.001)
            guard case .ejected(let duration, .probeFailed) = transition else {
                Issue.record("\(String(describing: transition))")
                return
            }
            #expect(duration.isBetween(.seconds(ceiling / 2), and: .seconds(ceiling)))
            now += 0.001 + duration.inSeconds
        }
    }

    @Test func `an overloaded probe neither readmits nor makes the ejection grow`() {
        var rig = Rig(CircuitBreakerPolicy(ejection: Backoff(base: .seconds(4), maximum: .seconds(64), jitter: .equal)))
        var now = rig.eject(at: 0).inSeconds
        for _ in 1...20 {
            let transition = rig.call(overloaded, at: now + 0.001)
            guard case .ejected(let duration, .probeOverloaded) = transition else {
                Issue.record("\(String(describing: transition))")
                return
            }
            #expect(duration.isBetween(.seconds(2), and: .seconds(4)))
            now += 0.001 + duration.inSeconds
        }
    }

    @Test func `an inconclusive probe is available again at once`() throws {
        var rig = Rig()
        let time = rig.eject(at: 0).inSeconds + 0.001
        for round in 1...50 {
            let probe = try rig.admitted(at: time)
            #expect(probe.probe == UInt64(round))
            #expect(rig.record(.inconclusive, of: probe, at: time) == nil)
            #expect(rig.state.availability(at: .seconds(time)) == .probe)
        }
        #expect(rig.call(.success, at: time) == .readmitted)
    }

    @Test func `a probe that never ends loses its lease, and its late result is ignored`() throws {
        var rig = Rig()
        let time = rig.eject(at: 0).inSeconds + 0.001
        let lost = try rig.admitted(at: time)
        #expect(rig.admit(at: time + 29.9) == nil)
        let next = try rig.admitted(at: time + 30.001)
        #expect(next.isProbe)
        #expect(next.probe != lost.probe)
        for outcome in [Outcome.success, .failure, overloaded, .inconclusive] {
            #expect(rig.record(outcome, of: lost, at: time + 31) == nil)
            #expect(rig.state.phase == .halfOpen(probe: next.probe, leaseEnds: .seconds(time + 60.001)))
        }
        #expect(rig.record(.success, of: next, at: time + 31) == .readmitted)
        #expect(rig.record(.failure, of: lost, at: time + 31) == nil)
        #expect(rig.state.phase == .closed)
    }

    @Test(arguments: [Outcome.success, .failure, .inconclusive, Outcome(.overloaded)])
    func `results of calls older than the ejection change nothing, then or later`(outcome: Outcome) throws {
        var rig = Rig()
        let late = (1...30).map { _ in rig.admit(at: 0) ?? HealthTicket() }
        let time = rig.eject(at: 0).inSeconds + 0.001
        let open = rig.state
        for ticket in late[..<10] { #expect(rig.record(outcome, of: ticket, at: 1) == nil) }
        #expect(rig.state == open)

        let probe = try rig.admitted(at: time)
        let halfOpen = rig.state
        for ticket in late[10..<20] { #expect(rig.record(outcome, of: ticket, at: time) == nil) }
        #expect(rig.state == halfOpen)

        #expect(rig.record(.success, of: probe, at: time) == .readmitted)
        let closed = rig.state
        for ticket in late[20...] { #expect(rig.record(outcome, of: ticket, at: time) == nil) }
        #expect(rig.state == closed)
    }

    @Test func `the ejection time grows from ejection to ejection until health stays good`() {
        let ejection = Backoff(base: .seconds(4), maximum: .seconds(64), jitter: .equal)
        var rig = Rig(CircuitBreakerPolicy(ejection: ejection, recovery: .seconds(60)))
        var now = 0.0
        for ceiling in [4.0, 8, 16, 32, 64, 64] {
            let duration = rig.eject(at: now)
            #expect(duration.isBetween(.seconds(ceiling / 2), and: .seconds(ceiling)))
            now += duration.inSeconds + 0.001
            #expect(rig.call(.success, at: now) == .readmitted)
            now += 59
        }
        now += 1.001
        #expect(rig.eject(at: now).isBetween(.seconds(2), and: .seconds(4)))
    }

    @Test func `Retry-After lengthens an ejection, up to the maximum`() {
        for (asked, expected) in [(Duration.seconds(40), Duration.seconds(40)), (.seconds(4000), .seconds(300))] {
            var rig = Rig()
            for _ in 1...4 { rig.call(.failure, at: 0) }
            #expect(rig.call(Outcome(.failure, retryAfter: asked), at: 0)?.ejectionTime == expected)
        }
        var rig = Rig()
        for _ in 1...4 { rig.call(.failure, at: 0) }
        let time = rig.call(Outcome(.failure, retryAfter: .seconds(-1)), at: 0)?.ejectionTime
        #expect(time?.isBetween(.seconds(2.5), and: .seconds(5)) == true)
    }

    // MARK: jitter

    @Test(arguments: [1, 2, 3, 7, 40])
    func `ejections spread over their whole range, at the first and at the cap`(number: Int) {
        let callers = 2_000
        var times: [Double] = []
        for seed in 0..<callers {
            var rig = Rig()
            rig.random = SplitMix64(seed: UInt64(seed))
            var time = rig.eject(at: 0)
            var now = time.inSeconds
            for _ in 1..<number {
                time = rig.call(.failure, at: now + 0.001)?.ejectionTime ?? .zero
                now += 0.001 + time.inSeconds
            }
            times.append(time.inSeconds)
        }
        var ceiling = 5.0
        for _ in 1..<number { ceiling = min(ceiling * 2, 300) }
        // Ten equal parts of the range: each has its tenth of the callers, give or take five standard deviations.
        var parts = [Int](repeating: 0, count: 10)
        for time in times {
            #expect(time >= ceiling / 2 && time <= ceiling)
            parts[min(Int((time / ceiling - 0.5) * 20), 9)] += 1
        }
        for part in parts { #expect(abs(part - callers / 10) < 68) }
    }

    @Test func `no number of ejections overflows`() {
        var rig = Rig(
            CircuitBreakerPolicy(ejection: Backoff(base: .nanoseconds(1), maximum: .seconds(1), factor: 1.0001))
        )
        var now = rig.eject(at: 0).inSeconds
        for _ in 1...100_000 {
            now += 1
            rig.call(.failure, at: now)
        }
        #expect(rig.state.isEjected)
    }

    @Test func `transitions read well`() {
        #expect(
            "\(BreakerTransition.ejected(for: .seconds(5), reason: .consecutiveFailures(5)))"
                == "ejected for 5.0 seconds: 5 failures in a row"
        )
        #expect(
            "\(BreakerTransition.ejectionSuppressed(.successRate(successes: 3, of: 20)))"
                == "not ejected, because too many are: only 3 of 20 calls succeeded"
        )
    }
}

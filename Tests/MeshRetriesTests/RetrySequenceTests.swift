import MeshCore
import MeshRetries
import Testing

@Suite struct RetrySequenceTests {
    /// One sequence with everything it needs.
    private struct Rig {
        var sequence: RetrySequence
        var random = SplitMix64(seed: 1)
        var deadline = Deadline.none
        var balance = 100

        init(_ policy: RetryPolicy = RetryPolicy()) {
            sequence = RetrySequence(policy)
        }

        mutating func decide(
            _ outcome: Outcome,
            _ idempotency: Idempotency = .idempotent,
            at now: MeshInstant = .seconds(0)
        )
            -> RetryDecision
        {
            var left = balance
            defer { balance = left }
            return sequence.decide(
                after: outcome,
                idempotency: idempotency,
                deadline: deadline,
                at: now,
                using: &random,
                withdrawing: {
                    guard left > 0 else { return false }
                    left -= 1
                    return true
                }
            )
        }

        mutating func wait(_ outcome: Outcome) -> Duration? {
            if case .retry(let wait) = decide(outcome) { wait } else { nil }
        }
    }

    @Test(arguments: [
        (Outcome.Retry.never, Idempotency.idempotent, RetryDecision.StopReason?.some(.notRetryable)),
        (.never, .notIdempotent, .notRetryable),
        (.ifIdempotent, .idempotent, nil),
        (.ifIdempotent, .notIdempotent, .notIdempotent),
        (.neverSent, .idempotent, nil),
        (.neverSent, .notIdempotent, nil),
    ])
    func `whether a call may be repeated is up to the outcome and the request`(
        retry: Outcome.Retry,
        idempotency: Idempotency,
        stop: RetryDecision.StopReason?
    ) {
        for verdict in [Outcome.Verdict.success, .failure, .overloaded, .inconclusive] {
            var rig = Rig()
            let decision = rig.decide(Outcome(verdict, retry: retry), idempotency)
            if let stop {
                #expect(decision == .stop(stop))
                #expect(rig.balance == 100)
            } else if case .stop = decision {
                Issue.record("\(decision)")
            }
        }
    }

    @Test(arguments: 1...5)
    func `no more attempts than allowed`(maximum: Int) {
        var rig = Rig(RetryPolicy(maximumAttempts: maximum))
        for _ in 1..<maximum { #expect(rig.wait(.failure) != nil) }
        #expect(rig.decide(.failure) == .stop(.attemptsExhausted))
        #expect(rig.balance == 100 - (maximum - 1))
    }

    @Test func `waits stay within Envoy's defaults, and use the range`() {
        for (number, ceiling) in [(1, 25.0), (2, 50), (3, 100), (4, 200), (5, 250), (20, 250)] {
            var waits: [Double] = []
            for seed in 0..<500 {
                var rig = Rig(RetryPolicy(maximumAttempts: 100))
                rig.random = SplitMix64(seed: UInt64(seed))
                for _ in 1..<number { _ = rig.wait(.failure) }
                waits.append((rig.wait(.failure) ?? .seconds(9)).inSeconds * 1000)
            }
            #expect(waits.allSatisfy { (0...ceiling).contains($0) })
            #expect(abs(waits.reduce(0, +) / 500 - ceiling / 2) < ceiling / 20)
        }
    }

    @Test func `the first retry of a request that was never sent is immediate, the second is not`() {
        var rig = Rig()
        let waits = [rig.wait(.refused), rig.wait(.refused)]
        #expect(waits[0] == .zero)
        #expect(waits[1] ?? .zero > .zero)

        var mixed = Rig()
        let others = [mixed.wait(.failure), mixed.wait(.refused)]
        #expect(others.allSatisfy { $0 ?? .zero > .zero })
    }

    @Test func `Retry-After is waited out, with the backoff on top`() {
        for seed in 0..<100 {
            var rig = Rig()
            rig.random = SplitMix64(seed: UInt64(seed))
            let wait = rig.wait(Outcome(.overloaded, retry: .ifIdempotent, retryAfter: .seconds(2))) ?? .zero
            #expect(wait >= .seconds(2) && wait <= .milliseconds(2025))
        }
        var rig = Rig()
        #expect(rig.wait(Outcome(.overloaded, retry: .neverSent, retryAfter: .seconds(2))) == .seconds(2))
    }

    @Test func `a Retry-After beyond the limit is not waited out`() {
        var rig = Rig()
        #expect(rig.wait(Outcome(.failure, retry: .ifIdempotent, retryAfter: .seconds(30))) != nil)
        let outcome = Outcome(.failure, retry: .ifIdempotent, retryAfter: .seconds(30) + .nanoseconds(1))
        #expect(rig.decide(outcome) == .stop(.retryAfterTooLong))
        #expect(rig.balance == 99)
    }

    @Test func `a negative Retry-After counts as none`() {
        var rig = Rig()
        let wait = rig.wait(Outcome(.failure, retry: .ifIdempotent, retryAfter: .seconds(-5))) ?? .seconds(9)
        #expect(wait >= .zero && wait <= .milliseconds(25))
    }

    @Test func `a wait that would end at the deadline is not begun`() {
        let outcome = Outcome(.failure, retry: .neverSent, retryAfter: .seconds(1))
        var rig = Rig()
        rig.deadline = Deadline(.seconds(1))
        #expect(rig.decide(outcome) == .stop(.deadline))
        #expect(rig.balance == 100)
        rig.deadline = Deadline(MeshInstant.seconds(1).advanced(by: .nanoseconds(1)))
        #expect(rig.decide(outcome) == .retry(after: .seconds(1)))
        rig.deadline = Deadline(.seconds(0))
        #expect(rig.decide(.refused) == .stop(.deadline))
    }

    @Test func `without balance there is no retry`() {
        var rig = Rig()
        rig.balance = 1
        #expect(rig.wait(.failure) != nil)
        #expect(rig.decide(.failure) == .stop(.budgetExhausted))
        #expect(rig.sequence.attempts == 2)
    }

    @Test func `decorrelated waits grow from the wait before`() {
        let backoff = Backoff(base: .milliseconds(10), maximum: .seconds(1), jitter: .decorrelated)
        for seed in 0..<200 {
            var rig = Rig(RetryPolicy(maximumAttempts: 50, backoff: backoff))
            rig.random = SplitMix64(seed: UInt64(seed))
            var last = Duration.milliseconds(10)
            for _ in 0..<20 {
                let wait = rig.wait(.failure) ?? .zero
                #expect(wait >= .milliseconds(10) && wait <= min(last * 3, .seconds(1)))
                last = wait
            }
        }
    }

    @Test func `no policy, one attempt`() {
        var rig = Rig(.none)
        #expect(rig.decide(.refused) == .stop(.attemptsExhausted))
    }
}

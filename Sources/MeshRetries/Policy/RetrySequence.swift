public import MeshCore

/// The attempts of one call, and whether there is to be another: no clock, no waiting, no shared state.
public struct RetrySequence: Hashable, Sendable {
    /// The rules.
    public let policy: RetryPolicy
    /// How many attempts have been decided upon, the first included.
    public private(set) var attempts = 1

    private var lastWait: Duration?

    /// Begins with the first attempt, which needs no decision.
    public init(_ policy: RetryPolicy) {
        self.policy = policy
    }

    /// Decides what follows an attempt that ended with `outcome`.
    ///
    /// The budget is asked last, so that nothing is taken out for a retry that is not made for another reason.
    ///
    /// A retry waits for what `Outcome.retryAfter` asks *and* for the backoff on top of it, even where
    /// another endpoint could be asked at once. Whether the endpoint spoke for itself or for its service (a quota, a
    /// shared database) cannot be known from here, to wait is right in both cases, and the jitter keeps those that
    /// were sent away together from coming back together. gRPC's pushback is defined the same way.
    ///
    /// - Parameters:
    ///   - outcome: What the attempt ended with. Only whether it may be retried matters, not whose fault it was.
    ///   - idempotency: Whether the request may be carried out twice.
    ///   - deadline: The deadline of the whole call. A retry begins before it.
    ///   - now: The current instant.
    ///   - random: Where the jitter comes from.
    ///   - withdraw: Takes one retry out of the budget, if there is one.
    public mutating func decide(
        after outcome: Outcome,
        idempotency: Idempotency,
        deadline: Deadline,
        at now: MeshInstant,
        using random: inout some RandomNumberGenerator,
        withdrawing withdraw: () -> Bool
    ) -> RetryDecision {
        switch (outcome.retry, idempotency) {
        case (.never, _): return .stop(.notRetryable)
        case (.ifIdempotent, .notIdempotent): return .stop(.notIdempotent)
        case (.ifIdempotent, .idempotent), (.neverSent, _): break
        }
        guard attempts < policy.maximumAttempts else { return .stop(.attemptsExhausted) }

        let asked = max(outcome.retryAfter ?? .zero, .zero)
        guard asked <= policy.retryAfterLimit else { return .stop(.retryAfterTooLong) }
        var drawn = Duration.zero
        if attempts > 1 || outcome.retry != .neverSent {
            drawn = policy.backoff.wait(beforeRetry: attempts, after: lastWait, using: &random)
            lastWait = drawn
        }
        let wait = asked + drawn
        guard !deadline.hasExpired(at: now.advanced(by: wait)) else { return .stop(.deadline) }
        guard withdraw() else { return .stop(.budgetExhausted) }
        attempts += 1
        return .retry(after: wait)
    }
}

public import MeshCore

/// How often a call is tried again, how long it waits in between, and what that may cost.
public struct RetryPolicy: Hashable, Sendable {
    /// How many attempts a call makes at most, the first included. 3 by default.
    public var maximumAttempts: Int {
        didSet { Self.check(maximumAttempts: maximumAttempts) }
    }

    /// How long a call waits before it tries again. By default 25 ms, doubling to 250 ms, with full jitter: Envoy's.
    ///
    /// The first retry of a request that was never sent does not wait: nothing was asked of the endpoint, and the
    /// retry asks another. From then on it waits like any other, since something is wrong with more than one.
    public var backoff: Backoff

    /// How long one attempt may take until the head of its response is in; `nil`, the default, for as long as the
    /// whole call. An attempt that runs out of this time counts as failed, and the call may go on elsewhere.
    ///
    /// The retries only compute the instant (`CallContext.attemptDeadline`); who enforces it sits below.
    public var perAttemptTimeout: Duration? {
        didSet { Self.check(perAttemptTimeout: perAttemptTimeout) }
    }

    /// The longest `Retry-After` that a call waits out. 30 s by default. Asked for more, it is not tried again.
    public var retryAfterLimit: Duration {
        didSet { Self.check(retryAfterLimit: retryAfterLimit) }
    }

    /// What the retries of all calls together may cost. A fifth of the calls and 10 a second by default.
    public var budget: RetryBudget.Policy

    /// Creates a policy.
    ///
    /// - Precondition: `maximumAttempts` and `perAttemptTimeout` are positive, and `retryAfterLimit` is not negative.
    public init(
        maximumAttempts: Int = 3,
        backoff: Backoff = Backoff(base: .milliseconds(25), maximum: .milliseconds(250), jitter: .full),
        perAttemptTimeout: Duration? = nil,
        retryAfterLimit: Duration = .seconds(30),
        budget: RetryBudget.Policy = RetryBudget.Policy()
    ) {
        Self.check(maximumAttempts: maximumAttempts)
        Self.check(perAttemptTimeout: perAttemptTimeout)
        Self.check(retryAfterLimit: retryAfterLimit)
        self.maximumAttempts = maximumAttempts
        self.backoff = backoff
        self.perAttemptTimeout = perAttemptTimeout
        self.retryAfterLimit = retryAfterLimit
        self.budget = budget
    }

    /// One attempt, whatever comes of it.
    public static let none = RetryPolicy(maximumAttempts: 1)

    private static func check(maximumAttempts: Int) {
        precondition(maximumAttempts > 0, "a call makes at least one attempt")
    }

    private static func check(perAttemptTimeout: Duration?) {
        precondition(perAttemptTimeout ?? .seconds(1) > .zero, "the time for an attempt must be positive")
    }

    private static func check(retryAfterLimit: Duration) {
        precondition(retryAfterLimit >= .zero, "the limit of Retry-After must not be negative")
    }
}

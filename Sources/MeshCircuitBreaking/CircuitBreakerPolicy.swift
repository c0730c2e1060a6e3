public import MeshCore

/// When an endpoint is ejected, for how long, and how many may be ejected at once.
///
/// Two signals, either of which suffices. *Consecutive failures* see an endpoint that is dead, within a few calls and
/// whatever the traffic. The *success rate* sees one that fails some calls and answers others, which never fails often
/// enough in a row; it is an exact count over a window, because an average weighted by the time between samples hides
/// a burst of failures.
public struct CircuitBreakerPolicy: Hashable, Sendable {
    /// How many failures without a success in between eject an endpoint; `nil` for no such rule. 5 by default, as in
    /// Finagle and Envoy.
    public var consecutiveFailures: Int? {
        didSet { Self.check(consecutiveFailures: consecutiveFailures) }
    }

    /// The share of successes below which an endpoint is ejected; `nil` for no such rule. 0.8 by default.
    ///
    /// Finagle's value. With the default volume it takes 5 failures among 20 calls: an endpoint that fails 1 % of its
    /// calls gets there by chance in about one of 700,000 batches, one that fails half of them almost at once.
    public var successRate: Fraction?

    /// How far the success rate looks back. 30 s by default.
    public var window: Duration {
        didSet { Self.check(window: window, buckets: windowBuckets) }
    }

    /// How many slices the window has, and so how finely it forgets. 10 by default.
    public var windowBuckets: Int {
        didSet { Self.check(window: window, buckets: windowBuckets) }
    }

    /// How many results must be in the window before the success rate counts. 20 by default.
    public var minimumVolume: Int {
        didSet { Self.check(minimumVolume: minimumVolume) }
    }

    /// How long an endpoint stays ejected, growing from ejection to ejection. 5 s to 300 s by default, doubling.
    ///
    /// Drawn with `equal` jitter: from half of the step to all of it, at the cap as much as
    /// at the first ejection, so that callers which ejected an endpoint together do not probe it together. Full jitter
    /// would spread them twice as far, but down to zero, and an ejection that ends at once is none.
    public var ejection: Backoff

    /// The share of the endpoints of a service that may be ejected at once, rounded down. 0.5 by default.
    ///
    /// One endpoint may always be, if there are at least two; at zero, none ever is.
    public var maximumEjected: Fraction

    /// How long a probe may take before another call may probe in its place. 30 s by default.
    public var probeTimeout: Duration {
        didSet { Self.check(probeTimeout: probeTimeout) }
    }

    /// How long an endpoint must have been back for its next ejection to be as short as its first. 60 s by default,
    /// twice the window.
    public var recovery: Duration {
        didSet { Self.check(recovery: recovery) }
    }

    /// Creates a policy.
    ///
    /// - Precondition: Counts and durations are positive (`recovery` may be zero), and the window has at least a
    ///   nanosecond for each bucket.
    public init(
        consecutiveFailures: Int? = 5,
        successRate: Fraction? = 0.8,
        window: Duration = .seconds(30),
        windowBuckets: Int = 10,
        minimumVolume: Int = 20,
        ejection: Backoff = Backoff(base: .seconds(5), maximum: .seconds(300), jitter: .equal),
        maximumEjected: Fraction = 0.5,
        probeTimeout: Duration = .seconds(30),
        recovery: Duration = .seconds(60)
    ) {
        Self.check(consecutiveFailures: consecutiveFailures)
        Self.check(window: window, buckets: windowBuckets)
        Self.check(minimumVolume: minimumVolume)
        Self.check(probeTimeout: probeTimeout)
        Self.check(recovery: recovery)
        self.consecutiveFailures = consecutiveFailures
        self.successRate = successRate
        self.window = window
        self.windowBuckets = windowBuckets
        self.minimumVolume = minimumVolume
        self.ejection = ejection
        self.maximumEjected = maximumEjected
        self.probeTimeout = probeTimeout
        self.recovery = recovery
    }

    /// Ejects nothing, and counts nothing.
    public static let disabled = CircuitBreakerPolicy(consecutiveFailures: nil, successRate: nil)

    /// Whether the policy can eject anything at all.
    public var isEnabled: Bool {
        (consecutiveFailures != nil || successRate != nil) && maximumEjected > .zero
    }
}

extension CircuitBreakerPolicy {
    private static func check(consecutiveFailures: Int?) {
        precondition(consecutiveFailures ?? 1 > 0, "the number of consecutive failures must be positive")
    }

    private static func check(window: Duration, buckets: Int) {
        precondition(buckets > 0, "a window needs a bucket")
        precondition(
            window.clampedNanoseconds / Int64(buckets) > 0,
            "a window of \(window) is too short for \(buckets) buckets"
        )
    }

    private static func check(minimumVolume: Int) {
        precondition(minimumVolume > 0, "the minimum volume must be positive")
    }

    private static func check(probeTimeout: Duration) {
        precondition(probeTimeout > .zero, "the time for a probe must be positive")
    }

    private static func check(recovery: Duration) {
        precondition(recovery >= .zero, "the time to recover must not be negative")
    }
}

#if TLS
public import MeshCore

/// When a source looks for something new.
public struct RefreshPolicy: Hashable, Sendable {
    /// The time between two looks; 5 s by default. A look reads a small file.
    public var interval: Duration {
        didSet { precondition(interval > .zero, "the interval between two looks must be positive") }
    }
    /// How far each wait is moved to either side, so that a fleet that was started together does not look together; 10 % by
    /// default.
    public var jitter: Fraction
    /// After a change was seen, the time until the look that must see the same before the change counts; 1 s by default.
    /// Files that are written one after the other, or slowly, are not read half-way.
    public var settling: Duration {
        didSet { precondition(settling > .zero, "the settling time must be positive") }
    }

    /// Creates a policy.
    ///
    /// - Precondition: The durations are positive.
    public init(interval: Duration = .seconds(5), jitter: Fraction = 0.1, settling: Duration = .seconds(1)) {
        precondition(interval > .zero, "the interval between two looks must be positive")
        precondition(settling > .zero, "the settling time must be positive")
        self.interval = interval
        self.jitter = jitter
        self.settling = settling
    }
}

/// Decides when the next look is due.
struct RefreshSchedule: Hashable, Sendable {
    let policy: RefreshPolicy

    /// The time until the next look.
    ///
    /// Never more than half of what is left until the expiry of what is in force: a source with a long interval comes
    /// closer to it in ever shorter steps, down to the settling time.
    func pause(
        isSettling: Bool,
        validity: Validity?,
        now: WallTime,
        using random: inout some RandomNumberGenerator
    ) -> Duration {
        guard !isSettling else { return policy.settling }
        var pause = jittered(policy.interval, using: &random)
        if let validity {
            let half = now.duration(to: validity.end) / 2
            pause = min(pause, max(jittered(half, using: &random), policy.settling))
        }
        return pause
    }

    func jittered(_ duration: Duration, using random: inout some RandomNumberGenerator) -> Duration {
        let share = policy.jitter.value
        guard share > 0 else { return duration }
        return duration * Double.random(in: 1 - share...1 + share, using: &random)
    }
}
#endif

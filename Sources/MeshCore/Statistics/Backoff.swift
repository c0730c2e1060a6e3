#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Android)
import Android
#endif

/// How long to wait before trying again: exponential, capped, with jitter that is there from the first wait on and does
/// not vanish at the cap.
///
/// Finagle's jittered backoffs return exactly `start` first and exactly `maximum` once capped, so that clients which
/// failed together come back together. Here every wait is drawn from its full range.
public struct Backoff: Hashable, Sendable {
    /// How a wait is drawn.
    public enum Jitter: Hashable, Sendable {
        /// Uniformly from 0 to `min(maximum, base * factor^n)`. The least load on a struggling service
        /// (Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
        case full
        /// Uniformly from half of that to all of it: never right away. For ejections and reconnects.
        case equal
        /// Uniformly from `base` to three times the previous wait, capped.
        case decorrelated
    }

    /// The first step; positive.
    public var base: Duration {
        didSet { precondition(base > .zero, "the base of a backoff must be positive") }
    }
    /// The largest wait. It wins over ``base`` where that is larger.
    public var maximum: Duration {
        didSet { precondition(maximum > .zero, "the maximum of a backoff must be positive") }
    }
    /// What a step grows by; at least 1.
    public var factor: Double {
        didSet { precondition(factor >= 1, "a backoff must not shrink") }
    }
    /// How a wait is drawn.
    public var jitter: Jitter

    /// Creates a backoff.
    ///
    /// - Precondition: `base` is positive, `maximum` is not below it, `factor` is at least 1.
    public init(base: Duration, maximum: Duration, factor: Double = 2, jitter: Jitter = .full) {
        precondition(base > .zero, "the base of a backoff must be positive")
        precondition(maximum >= base, "the maximum of a backoff must not be below its base")
        precondition(factor >= 1, "a backoff must not shrink")
        self.base = base
        self.maximum = maximum
        self.factor = factor
        self.jitter = jitter
    }

    /// The wait before retry `number` (from 1), given the wait before.
    ///
    /// - Parameters:
    ///   - number: 1 for the first retry.
    ///   - previous: The last wait that this method returned, or `nil`. Only ``Jitter/decorrelated`` reads it.
    ///   - random: Where the jitter comes from.
    /// - Complexity: O(1)
    public func wait(
        beforeRetry number: Int,
        after previous: Duration? = nil,
        using random: inout some RandomNumberGenerator
    ) -> Duration {
        let base = base.clampedNanoseconds
        let cap = maximum.clampedNanoseconds
        switch jitter {
        case .full:
            return .nanoseconds(Int64.random(in: 0...ceiling(number, base: base, cap: cap), using: &random))
        case .equal:
            let ceiling = ceiling(number, base: base, cap: cap)
            return .nanoseconds(Int64.random(in: ceiling / 2...ceiling, using: &random))
        case .decorrelated:
            let last = max(previous?.clampedNanoseconds ?? base, base)
            let (tripled, overflow) = last.multipliedReportingOverflow(by: 3)
            let drawn = Int64.random(in: base...(overflow ? .max : tripled), using: &random)
            return .nanoseconds(min(drawn, cap))
        }
    }

    private func ceiling(_ number: Int, base: Int64, cap: Int64) -> Int64 {
        // Not a loop: the number of an endpoint's ejections, unlike that of a call's attempts, has no bound.
        let step = Double(base) * pow(factor, Double(max(number, 1) - 1))
        return step < Double(cap) ? Int64(step) : cap
    }
}

public import MeshCore

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Android)
import Android
#endif

/// Gives an endpoint that is new, or has just been re-admitted, its share of the calls by and by: time to fill its
/// caches and to compile its code.
///
/// Holds for every policy. The share is the weight times `max(minimum, (elapsed / window)^(1 / aggression))`, as in Envoy;
/// an endpoint under slow start is passed over with the remaining chance. If all endpoints are as new, none is.
public struct SlowStart: Hashable, Sendable {
    /// How long it takes: as long as an endpoint needs to warm up, seconds to minutes, for which no default is right.
    public let window: Duration
    /// 1, the default, is a straight line; more than 1 rises faster at first, less than 1 slower.
    public let aggression: Double
    /// The least share, so that an endpoint gets calls at all: 10 % by default, as in Envoy.
    public let minimum: Fraction

    private let nanoseconds: Double

    /// Creates the rule.
    ///
    /// - Precondition: `window` and `aggression` are positive.
    public init(window: Duration, aggression: Double = 1, minimum: Fraction = 0.1) {
        precondition(window > .zero, "the window of slow start must be positive")
        precondition(aggression > 0 && aggression.isFinite, "the aggression of slow start must be positive")
        self.window = window
        self.aggression = aggression
        self.minimum = minimum
        self.nanoseconds = Double(window.clampedNanoseconds)
    }

    /// What the weight of an endpoint is multiplied with that began at `start`; 1 after the window.
    func factor(since start: MeshInstant, at now: MeshInstant) -> Float {
        let progress = Double(now.nanoseconds(since: start)) / nanoseconds
        guard progress < 1 else { return 1 }
        let share = aggression == 1 ? progress : pow(progress, 1 / aggression)
        // Not 0, by which loads are divided.
        return Float(max(minimum.value, share, 1e-6))
    }
}

import MeshCore

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Android)
import Android
#endif

/// The load of an endpoint as peak EWMA sees it: a moving average of its latency, quick to rise and slow to fall, times
/// the calls that are in flight to it.
///
/// As in Finagle and Linkerd, with what both lack or added late: a failure counts as ``failurePenalty`` rather than as
/// the short time it took, because a fast failure must not attract traffic; and an endpoint that names a `Retry-After`
/// is believed, up to ``retryAfterLimit``.
public struct PeakEWMA: Hashable, Sendable {
    /// The time after which an observation counts 1/e. 10 s by default, as in Finagle, Linkerd and Envoy.
    public let decay: Duration
    /// The latency that a new endpoint is given on trust, which decays like any observation: low enough not to starve
    /// it, high enough not to flood it. 30 ms by default, as in Linkerd.
    public let defaultLatency: Duration
    /// The least that a failed call counts as. 1 s by default (Linkerd: 5 s); an endpoint that has failed once and
    /// otherwise answers in 20 ms is back at its share after about 40 s, or as soon as the others are that loaded.
    public let failurePenalty: Duration
    /// The longest `Retry-After` that is believed. 300 s by default, as in Linkerd.
    public let retryAfterLimit: Duration

    /// How it forgets.
    let fading: Fading

    /// Creates the metric.
    ///
    /// - Precondition: `decay` is at least a nanosecond; the others are not negative.
    public init(
        decay: Duration = .seconds(10),
        defaultLatency: Duration = .milliseconds(30),
        failurePenalty: Duration = .seconds(1),
        retryAfterLimit: Duration = .seconds(300)
    ) {
        precondition(decay >= .nanoseconds(1), "the decay of peak EWMA must be positive")
        precondition(defaultLatency >= .zero && failurePenalty >= .zero && retryAfterLimit >= .zero)
        self.decay = decay
        self.defaultLatency = defaultLatency
        self.failurePenalty = failurePenalty
        self.retryAfterLimit = retryAfterLimit
        fading = Fading(UInt64(decay.clampedNanoseconds))
    }

    /// The average and when it was last touched in one word, so that one compare-and-swap updates both.
    ///
    /// The time counts units of about a 65,536th of the decay: fine enough not to be seen in the weights, coarse enough
    /// that 32 bits last for 9 hours per second of decay. What is older than that looks younger, once.
    struct Packed: Hashable, Sendable {
        let word: UInt64

        init(word: UInt64) {
            self.word = word
        }

        init(nanoseconds: Float, stamp: UInt32) {
            word = UInt64(stamp) << 32 | UInt64(nanoseconds.bitPattern)
        }

        var nanoseconds: Float { Float(bitPattern: UInt32(truncatingIfNeeded: word)) }
        var stamp: UInt32 { UInt32(truncatingIfNeeded: word >> 32) }
    }

    /// How an average gets old: all that a pick needs of the metric.
    struct Fading: Hashable, Sendable {
        /// The unit of time stamps is 2 to the power of this, in nanoseconds.
        private let unitShift: UInt64
        private let decaysPerUnit: Float

        /// - Parameter decay: In nanoseconds.
        init(_ decay: UInt64) {
            unitShift = UInt64(63 - max(1, decay >> 16).leadingZeroBitCount)
            decaysPerUnit = Float(UInt64(1) << unitShift) / Float(decay)
        }

        /// The latency in nanoseconds that counts at `now`, if nothing was observed since.
        @inline(__always)
        func latency(_ packed: Packed, at now: MeshInstant) -> Float {
            let elapsed = elapsed(since: packed, at: now)
            guard elapsed > 0 else { return packed.nanoseconds }
            return packed.nanoseconds * weight(after: elapsed)
        }

        /// What an observation counts after some units: exp(-t / decay).
        func weight(after elapsed: UInt32) -> Float {
            let age = Float(elapsed) * decaysPerUnit
            // The usual case, an endpoint that is asked often: off by less than 6 in a million, without a call.
            return age < 1 / 32 ? 1 - age * (1 - age * 0.5) : expf(-age)
        }

        func stamp(of instant: MeshInstant) -> UInt32 {
            UInt32(truncatingIfNeeded: instant.nanoseconds >> unitShift)
        }

        /// The units since the last touch; 0 if that lies ahead, by the little that two threads' instants differ. More than
        /// a decay ahead is not ahead but so long ago that the counter has gone half round.
        func elapsed(since packed: Packed, at now: MeshInstant) -> UInt32 {
            let elapsed = stamp(of: now) &- packed.stamp
            return elapsed > .max - (1 << 16) ? 0 : elapsed
        }
    }

    /// What an endpoint starts with.
    func initial(at now: MeshInstant) -> Packed {
        Packed(nanoseconds: Float(defaultLatency.clampedNanoseconds), stamp: fading.stamp(of: now))
    }

    /// The latency in nanoseconds that counts at `now`, if nothing was observed since.
    func latency(_ packed: Packed, at now: MeshInstant) -> Float { fading.latency(packed, at: now) }

    /// The average after a call that ended at `now`.
    func observing(_ outcome: Outcome, latency: UInt64, in packed: Packed, at now: MeshInstant) -> Packed {
        switch outcome.verdict {
        case .inconclusive:
            return packed
        case .success:
            return blending(Float(latency), into: packed, at: now)
        case .failure, .overloaded:
            let asked = min(outcome.retryAfter ?? .zero, retryAfterLimit)
            let penalty = Float(max(failurePenalty, asked).clampedNanoseconds)
            return blending(max(penalty, Float(latency), self.latency(packed, at: now)), into: packed, at: now)
        }
    }

    /// How many units pass before an answer below the average counts: about an 8,192nd of the decay, 1.2 ms of 10 s.
    private static let least: UInt32 = 8

    private func blending(_ observation: Float, into packed: Packed, at now: MeshInstant) -> Packed {
        let elapsed = fading.elapsed(since: packed, at: now)
        // Another thread was here with a later instant: keep its stamp.
        let stamp = elapsed > 0 ? fading.stamp(of: now) : packed.stamp
        guard observation <= packed.nanoseconds else { return Packed(nanoseconds: observation, stamp: stamp) }
        // Every write costs all cores that pick a fetch of the line: of the answers of an endpoint that has thousands in a
        // second a sample will do.
        guard elapsed >= Self.least else { return packed }
        let weight = fading.weight(after: elapsed)
        return Packed(nanoseconds: observation * (1 - weight) + packed.nanoseconds * weight, stamp: stamp)
    }
}

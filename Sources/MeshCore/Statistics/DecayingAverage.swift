#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Android)
import Android
#endif

/// An average in which an observation loses weight with its age: after `decay` it counts 1/e.
///
/// The average for samples at uneven intervals of Eckner, "Algorithms for Unevenly Spaced Time Series", as Finagle's
/// `Ema` has it: `average' = value * (1 - w) + average * w` with `w = exp(-elapsed / decay)`.
///
/// A value for policies and filters of one's own. The balancer's peak EWMA is this average with ``observePeak(_:at:)``, in
/// single precision and packed into one word, so that many threads update it without a lock.
public struct DecayingAverage: Hashable, Sendable {
    /// The time after which an observation counts 1/e.
    public let decay: Duration
    /// The average at ``updatedAt``; `nil` before the first observation.
    public private(set) var value: Double?
    /// When the average was last touched.
    public private(set) var updatedAt: MeshInstant

    private let decayNanoseconds: Double

    /// Creates an average that has seen nothing.
    ///
    /// - Precondition: `decay` is positive.
    public init(decay: Duration) {
        precondition(decay > .zero, "the decay of an average must be positive")
        self.decay = decay
        self.decayNanoseconds = Double(decay.clampedNanoseconds)
        self.value = nil
        self.updatedAt = .zero
    }

    /// Takes in an observation. One that is simultaneous with the last, or older, changes nothing: its weight
    /// is the time since then.
    ///
    /// - Returns: The new average.
    @discardableResult
    public mutating func observe(_ observation: Double, at now: MeshInstant) -> Double {
        let weight = Self.weight(ofElapsed: now.nanoseconds(since: updatedAt), decay: decayNanoseconds)
        let average = value.map { observation * (1 - weight) + $0 * weight } ?? observation
        value = average
        updatedAt = max(updatedAt, now)
        return average
    }

    /// Takes in an observation, but jumps at once to one above the average: it is cautious about a rise and patient
    /// with a fall. The "peak" of Finagle's peak EWMA.
    @discardableResult
    public mutating func observePeak(_ observation: Double, at now: MeshInstant) -> Double {
        guard let current = value, observation > current else { return observe(observation, at: now) }
        value = observation
        updatedAt = max(updatedAt, now)
        return observation
    }

    /// What is left of the average at `now` if nothing but zeros came since.
    public func decayed(at now: MeshInstant) -> Double {
        guard let value else { return 0 }
        return value * Self.weight(ofElapsed: now.nanoseconds(since: updatedAt), decay: decayNanoseconds)
    }

    /// `exp(-elapsed / decay)`, both in nanoseconds.
    public static func weight(ofElapsed elapsed: UInt64, decay: Double) -> Double {
        elapsed == 0 ? 1 : exp(-Double(elapsed) / decay)
    }
}

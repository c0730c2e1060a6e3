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

/// How much work a call is: the time that a server of speed 1 takes for it.
public enum WorkDistribution: Hashable, Sendable {
    /// Always the same.
    case constant(Duration)
    /// Anything between the two, equally likely.
    case uniform(from: Duration, to: Duration)
    /// Normal; what would be negative counts as 0.
    case normal(mean: Duration, deviation: Duration)
    /// The logarithm is normal with the standard deviation `sigma`.
    case lognormal(median: Duration, sigma: Double)
    /// Memoryless.
    case exponential(mean: Duration)
    /// Two kinds of calls; `slowShare` of them are slow.
    case bimodal(fast: Duration, slow: Duration, slowShare: Fraction)
    /// One of the recorded ones, equally likely.
    case replay([Duration])

    /// Draws the work of a call, in nanoseconds.
    func draw(using random: inout SplitMix64) -> Double {
        switch self {
        case .constant(let value):
            return Double(value.clampedNanoseconds)
        case .uniform(let from, let to):
            let (low, high) = (Double(from.clampedNanoseconds), Double(to.clampedNanoseconds))
            return low + (high - low) * random.unit()
        case .normal(let mean, let deviation):
            return max(0, Double(mean.clampedNanoseconds) + Double(deviation.clampedNanoseconds) * random.normal())
        case .lognormal(let median, let sigma):
            return Double(median.clampedNanoseconds) * exp(sigma * random.normal())
        case .exponential(let mean):
            return Double(mean.clampedNanoseconds) * random.exponential()
        case .bimodal(let fast, let slow, let share):
            return Double((random.unit() < share.value ? slow : fast).clampedNanoseconds)
        case .replay(let values):
            guard !values.isEmpty else { return 0 }
            return Double(values[Int(random.next() % UInt64(values.count))].clampedNanoseconds)
        }
    }
}

extension SplitMix64 {
    /// A number from 0 to below 1.
    mutating func unit() -> Double {
        Double(next() >> 11) * 0x1p-53
    }

    /// A number of the standard normal distribution: Box and Muller, "A Note on the Generation of Random Normal Deviates",
    /// 1958. Of its two numbers one is dropped, so that the same draw always costs the same number of draws below.
    mutating func normal() -> Double {
        let radius = (-2 * log(1 - unit())).squareRoot()
        return radius * cos(2 * Double.pi * unit())
    }

    /// A number of the exponential distribution with mean 1.
    mutating func exponential() -> Double {
        -log(1 - unit())
    }
}

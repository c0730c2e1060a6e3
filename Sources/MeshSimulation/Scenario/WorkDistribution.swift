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

/// How much work a call is: the time that a server of speed 1 takes for it. What would be more than 10,000 hours counts as that.
public enum WorkDistribution: Hashable, Sendable {
    /// Always the same.
    case constant(Duration)
    /// Anything between the two, equally likely.
    case uniform(from: Duration, to: Duration)
    /// Normal; what would be negative counts as 0.
    case normal(mean: Duration, deviation: Duration)
    /// The logarithm is normal with the standard deviation `sigma`, at most 10.
    case lognormal(median: Duration, sigma: Double)
    /// Memoryless.
    case exponential(mean: Duration)
    /// Two kinds of calls; `slowShare` of them are slow.
    case bimodal(fast: Duration, slow: Duration, slowShare: Fraction)
    /// One of the recorded ones, equally likely.
    case replay([Duration])

    /// Draws the work of a call, in nanoseconds.
    func draw(using random: inout SplitMix64) -> Double {
        min(unboundedDraw(using: &random), Self.longest)
    }

    /// No work is longer.
    private static let longest = Double(ScenarioPlace.longest.clampedNanoseconds)

    private func unboundedDraw(using random: inout SplitMix64) -> Double {
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
            return Double(values[random.index(below: values.count)].clampedNanoseconds)
        }
    }
}

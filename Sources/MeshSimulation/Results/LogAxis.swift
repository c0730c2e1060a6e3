#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Android)
import Android
#endif

/// A logarithmic scale whose ends are 1, 2 or 5 times a power of ten.
struct LogAxis {
    /// 1, 2 and 5 times every power of ten from a thousandth to a trillion.
    private static let steps = (-3...12).flatMap { exponent in [1.0, 2, 5].map { $0 * pow(10, Double(exponent)) } }

    /// Of the steps, those of the scale.
    private let range: ClosedRange<Int>

    /// A scale for values from `smallest` to `largest`.
    init(from smallest: Double, to largest: Double) {
        let first = Self.steps.dropLast().lastIndex { $0 <= smallest } ?? 0
        let last = Self.steps.firstIndex { $0 >= largest } ?? Self.steps.count - 1
        range = first...max(first + 1, last)
    }

    /// Where lines are drawn: at every step, of a long scale at every power of ten.
    var marks: [Double] {
        range.filter { range.count <= 7 || $0 % 3 == 0 }.map { Self.steps[$0] }
    }

    /// The height of a value, from 0 to 1.
    func height(of value: Double) -> Double {
        let (low, high) = (Self.steps[range.lowerBound], Self.steps[range.upperBound])
        return value > low ? log10(value / low) / log10(high / low) : 0
    }
}

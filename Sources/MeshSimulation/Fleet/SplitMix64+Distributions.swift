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

extension SplitMix64 {
    /// A whole number from 0 to below `count`, which is more than 0.
    mutating func index(below count: Int) -> Int {
        Int(next() % UInt64(count))
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

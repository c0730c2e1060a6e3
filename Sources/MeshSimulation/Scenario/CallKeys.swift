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

/// What calls are about: each has one of so many keys.
public struct CallKeys: Hashable, Sendable {
    /// How often each key comes.
    public enum Popularity: Hashable, Sendable {
        /// All equally often.
        case uniform
        /// The n-th in proportion to 1 / n^exponent; the exponent is more than 0.
        case zipf(exponent: Double)
    }

    /// How many keys there are, from 1 to 1,000,000.
    public var count: Int
    /// How often each comes; all equally often by default.
    public var popularity: Popularity

    /// Creates keys.
    ///
    /// - Precondition: `count` is between 1 and 1,000,000, and an exponent is positive.
    public init(count: Int, popularity: Popularity = .uniform) {
        precondition((1...1_000_000).contains(count), "there are 1 to 1,000,000 keys")
        if case .zipf(let exponent) = popularity { precondition(exponent > 0 && exponent.isFinite) }
        self.count = count
        self.popularity = popularity
    }
}

/// Draws keys.
struct KeySource {
    private let keys: CallKeys
    /// For keys that are not equally likely: the chance of this key or one before it.
    private let chances: [Double]
    private var random: SplitMix64

    init(_ keys: CallKeys, seed: UInt64) {
        self.keys = keys
        random = SplitMix64(seed: seed)
        guard case .zipf(let exponent) = keys.popularity else {
            chances = []
            return
        }
        var sum = 0.0
        let sums = (1...keys.count).map { number in
            sum += pow(Double(number), -exponent)
            return sum
        }
        chances = sums.map { $0 / sum }
    }

    /// The number of a key, from 0, the most popular.
    ///
    /// - Complexity: O(log count)
    mutating func next() -> Int {
        guard !chances.isEmpty else { return Int(random.next() % UInt64(keys.count)) }
        let draw = random.unit()
        var (low, high) = (0, chances.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if chances[middle] <= draw { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

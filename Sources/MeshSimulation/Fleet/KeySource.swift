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
        guard !chances.isEmpty else { return random.index(below: keys.count) }
        let draw = random.unit()
        var (low, high) = (0, chances.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if chances[middle] <= draw { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// Counts of durations, in buckets that are at most a 64th of their value wide.
struct LatencyHistogram: Hashable, Sendable {
    private static let bits = 6
    private var counts: ContiguousArray<Int> = []
    /// How many durations were added.
    private(set) var count = 0
    /// The longest, in nanoseconds.
    private(set) var maximum: UInt64 = 0
    private var sum = 0.0

    /// Adds a duration in nanoseconds.
    mutating func add(_ value: UInt64) {
        let index = Self.index(of: value)
        if index >= counts.count {
            counts.append(contentsOf: repeatElement(0, count: index + 1 - counts.count))
        }
        counts[index] += 1
        count += 1
        sum += Double(value)
        maximum = max(maximum, value)
    }

    /// Adds the durations of another.
    mutating func add(_ other: LatencyHistogram) {
        if other.counts.count > counts.count {
            counts.append(contentsOf: repeatElement(0, count: other.counts.count - counts.count))
        }
        for (index, count) in other.counts.enumerated() { counts[index] += count }
        count += other.count
        sum += other.sum
        maximum = max(maximum, other.maximum)
    }

    /// The mean in nanoseconds; 0 of nothing.
    var mean: Double { count == 0 ? 0 : sum / Double(count) }

    /// The duration that a share of them does not exceed, in nanoseconds: the middle of its bucket; `nil` of nothing.
    func quantile(_ share: Double) -> UInt64? {
        guard count > 0 else { return nil }
        let rank = share >= 1 ? count : share > 0 ? max(1, Int((share * Double(count)).rounded(.up))) : 1
        var seen = 0
        for (index, count) in counts.enumerated() where count > 0 {
            seen += count
            if seen >= rank { return min(Self.middle(of: index), maximum) }
        }
        return maximum
    }

    private static func index(of value: UInt64) -> Int {
        guard value >> bits > 0 else { return Int(value) }
        let shift = 63 - value.leadingZeroBitCount - bits
        return (shift + 1) << bits + Int(value >> UInt64(shift)) - 1 << bits
    }

    private static func middle(of index: Int) -> UInt64 {
        guard index >= 1 << bits else { return UInt64(index) }
        let shift = UInt64(index >> bits - 1)
        let low = UInt64(index & (1 << bits - 1) + 1 << bits) << shift
        return low + (1 << shift) / 2
    }
}

#if AsyncHTTPClient && Transport
/// The middle of several rounds, and how far they lie apart.
struct Spread: Sendable {
    let median: Double
    let minimum: Double
    let maximum: Double

    /// Nil if there is no value.
    init?(_ values: [Double]) {
        guard !values.isEmpty else { return nil }
        let sorted = values.sorted()
        let middle = sorted.count / 2
        median = sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
        minimum = sorted[0]
        maximum = sorted[sorted.count - 1]
    }
}

extension [UInt32] {
    /// The value below which this share of a sorted array lies (nearest rank).
    func percentile(_ share: Double) -> UInt32 {
        guard !isEmpty else { return 0 }
        let rank = Int((share * Double(count)).rounded(.up))
        return self[Swift.min(Swift.max(rank - 1, 0), count - 1)]
    }
}
#endif

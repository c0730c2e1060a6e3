import MeshCore

/// The requests in flight of the last 128 answers, for the quantile that tells hot from cold.
///
/// A ring, and the same numbers in order: an answer moves at most 128 of them, and a pick only looks one up.
struct RecentLoads: Sendable {
    static let capacity = 128

    private var ring: ContiguousArray<UInt32> = []
    private var sorted: ContiguousArray<UInt32> = []
    private var next = 0

    init() {
        ring.reserveCapacity(Self.capacity)
        sorted.reserveCapacity(Self.capacity)
    }

    mutating func record(_ requestsInFlight: UInt32) {
        if ring.count < Self.capacity {
            ring.append(requestsInFlight)
        } else {
            sorted.remove(at: position(of: ring[next]))
            ring[next] = requestsInFlight
            next = next + 1 == Self.capacity ? 0 : next + 1
        }
        sorted.insert(requestsInFlight, at: position(of: requestsInFlight))
    }

    /// The smallest number that this part of the answers does not exceed; `nil` if there are none.
    func quantile(_ part: Fraction) -> UInt32? {
        guard !sorted.isEmpty else { return nil }
        let rank = (sorted.count * Int(part.millionths) + 999_999) / 1_000_000
        return sorted[max(rank, 1) - 1]
    }

    /// Where the first number stands that is not smaller.
    private func position(of number: UInt32) -> Int {
        var low = 0
        var high = sorted.count
        while low < high {
            let middle = (low + high) / 2
            if sorted[middle] < number { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

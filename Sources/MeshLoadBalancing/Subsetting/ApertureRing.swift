/// A ring of endpoints, on which an instance takes an arc.
///
/// Positions are whole numbers, so that no rounding decides what lies at an edge: with `C` instances and endpoints of weights
/// that add up to `W` the ring has `C × W` of them, an endpoint of weight `w` takes `C × w`, and the instances stand `W` apart.
struct ApertureRing: Sendable {
    /// A part of an endpoint, or all of it.
    struct Part: Hashable, Sendable {
        /// Which endpoint.
        let index: Int
        /// How many positions of it lie in the arc.
        let overlap: UInt64
        /// How many it has.
        let size: UInt64

        /// How much of it lies in the arc, above 0 and at most 1.
        var coverage: Double { Double(overlap) / Double(size) }
    }

    /// Where each endpoint begins, in units of weight, and where the last one ends.
    private let starts: [UInt64]

    /// More than 42 bits of weights, times 20 of instances, would be more than a position has.
    private static let weightBits = 42

    /// Creates a ring.
    ///
    /// - Parameter weights: None is 0, and there is one at least.
    /// - Complexity: O(n)
    init(_ weights: [UInt32]) {
        let sum = weights.reduce(0) { $0 + UInt64($1) }
        let excess = UInt64(max(0, UInt64.bitWidth - sum.leadingZeroBitCount - Self.weightBits))
        var start: UInt64 = 0
        var starts: [UInt64] = [0]
        starts.reserveCapacity(weights.count + 1)
        for weight in weights {
            start += max(1, UInt64(weight) >> excess)
            starts.append(start)
        }
        self.starts = starts
    }

    /// How many endpoints there are.
    var count: Int { starts.count - 1 }

    private var total: UInt64 { starts[count] }

    /// How many distances between two instances an arc is long that covers as much of the ring as `endpoints` of mean weight:
    /// `ceil(endpoints × instances / count)`, at most all.
    static func steps(of endpoints: Int, among count: Int, instances: Int) -> Int {
        let product = endpoints.multipliedReportingOverflow(by: instances)
        guard endpoints < count, !product.overflow else { return instances }
        return (product.partialValue + count - 1) / count
    }

    /// How long all arcs are: as long as `endpoints` need, and so long that none of them holds fewer than `minimum`, however
    /// heavy some endpoints are.
    ///
    /// - Complexity: O(n)
    func steps(of endpoints: Int, minimum: Int, instances: Int) -> Int {
        let steps = Self.steps(of: endpoints, among: count, instances: instances)
        guard minimum < count else { return instances }
        // An arc that begins in an endpoint and is longer than that and the next ones together reaches one more.
        var heaviest: UInt64 = 0
        for index in 0..<count {
            let end = index + minimum - 1
            let span = end <= count ? starts[end] - starts[index] : starts[end - count] + total - starts[index]
            heaviest = max(heaviest, span)
        }
        return min(instances, max(steps, Int(UInt64(instances) * heaviest / total) + 1))
    }

    /// The arc of an instance, in the order of the ring.
    ///
    /// Safe where the arc passes the end of the ring, and where both of its ends lie in one endpoint.
    ///
    /// - Complexity: O(log n + parts)
    func arc(from coordinate: ProcessCoordinate, steps: Int) -> [Part] {
        let instances = UInt64(coordinate.instances)
        let start = UInt64(coordinate.instance) * total
        var left = min(UInt64(steps), instances) * total
        var index = endpoint(at: start / instances)
        var offset = start - starts[index] * instances
        var parts: [Part] = []
        while left > 0 {
            let size = (starts[index + 1] - starts[index]) * instances
            let overlap = min(left, size - offset)
            if let first = parts.first, first.index == index {
                // Once round: the end lies before the beginning, in the same endpoint.
                parts[0] = Part(index: index, overlap: first.overlap + overlap, size: size)
            } else {
                parts.append(Part(index: index, overlap: overlap, size: size))
            }
            left -= overlap
            offset = 0
            index = index + 1 < count ? index + 1 : 0
        }
        return parts
    }

    /// The endpoint at a distance from the beginning, in units of weight.
    private func endpoint(at weight: UInt64) -> Int {
        var low = 0
        var high = count
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= weight { low = middle } else { high = middle }
        }
        return low
    }
}

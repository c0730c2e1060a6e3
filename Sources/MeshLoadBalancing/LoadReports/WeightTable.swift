/// Turns the weights that are known into strides for ``StaticStride``, as gRPC's `static_stride_scheduler.cc` does.
enum WeightTable {
    /// What is heavier than this many times the mean counts as that, so that a pick needs no more rounds on average.
    static let maximumRatio = 10.0
    /// What is lighter than this part of the mean counts as that, so that the worst endpoint is still heard of.
    static let minimumRatio = 0.01

    /// Strides for these weights, the largest 65,535; `nil` is a weight that is not known and counts as the mean of those
    /// that are.
    ///
    /// - Returns: Nothing, which is a plain round robin, if fewer than two weights are known.
    /// - Complexity: O(n), one allocation.
    static func strides(_ weights: some Collection<Double?>) -> [UInt16] {
        var sum = 0.0
        var count = 0
        var largest = 0.0
        for case let weight? in weights {
            sum += weight
            count += 1
            largest = max(largest, weight)
        }
        guard count >= 2, largest > 0 else { return [] }
        let mean = sum / Double(count)
        largest = min(largest, mean * maximumRatio)
        let scale = Double(UInt16.max) / largest
        let scaledMean = (mean * scale).rounded()
        let smallest = max(1, (scaledMean * minimumRatio).rounded())
        return weights.map { weight in
            guard let weight else { return UInt16(scaledMean) }
            return UInt16(max(smallest, (min(weight, largest) * scale).rounded()))
        }
    }

    /// Strides of endpoints of which only a part is this instance's; without parts, as they are.
    static func strides(_ strides: [UInt16], covering coverage: [Float]) -> [UInt16] {
        coverage.isEmpty ? strides : zip(strides, coverage).map { UInt16(max(1, (Float($0) * $1).rounded())) }
    }
}

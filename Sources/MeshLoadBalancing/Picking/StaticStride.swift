/// Weighted round robin without state but a counter: gRPC's static stride scheduler (gRFC A58, `static_stride_scheduler`).
///
/// In each round an endpoint's turn is skipped in proportion to how much lighter it is than the heaviest one, and the
/// skips are spread evenly over the rounds.
enum StaticStride {
    private static let maximum = 65_535

    /// Weights scaled so that the largest is 65,535; none becomes 0.
    static func scaled(_ weights: [UInt32]) -> [UInt16] {
        let largest = Double(weights.max() ?? 1)
        return weights.map { UInt16(max(1, (Double($0) / largest * Double(maximum)).rounded())) }
    }

    /// The next index, taking `sequence` forward.
    ///
    /// - Complexity: O(1) expected for weights of the same order; at worst a round for each of 65,535 skips, divided by
    ///   the share of heavy endpoints.
    static func next(_ sequence: inout UInt64, strides: [UInt16], count: Int) -> Int {
        guard !strides.isEmpty else {
            defer { sequence &+= 1 }
            return Int(sequence % UInt64(count))
        }
        while true {
            let index = Int(sequence % UInt64(count))
            let round = sequence / UInt64(count)
            sequence &+= 1
            let weight = UInt64(strides[index])
            // An offset for each endpoint keeps endpoints of one weight from being skipped in the same round.
            let offset = UInt64(index) &* UInt64(maximum / 2)
            let position = (weight &* round &+ offset) % UInt64(maximum)
            if position < UInt64(maximum) - weight { continue }
            return index
        }
    }
}

import MeshCore

/// Draws an index by weight in constant time.
///
/// Vose, "A Linear Algorithm For Generating Random Numbers With a Given Distribution", 1991.
struct AliasTable: Sendable {
    private struct Column {
        /// Below this, of 2^32, the column's own index is drawn, otherwise `alias`.
        var threshold: UInt64
        var alias: Int
    }

    private let columns: [Column]

    /// Creates a table for weights that are not all zero.
    ///
    /// - Complexity: O(n)
    init(_ weights: [UInt32]) {
        let count = weights.count
        let total = weights.reduce(0) { $0 + Double($1) }
        var scaled = weights.map { Double($0) * Double(count) / total }
        var columns = (0..<count).map { Column(threshold: 1 << 32, alias: $0) }
        var small: [Int] = []
        var large: [Int] = []
        for index in 0..<count {
            if scaled[index] < 1 { small.append(index) } else { large.append(index) }
        }
        while let less = small.popLast(), let more = large.last {
            columns[less] = Column(threshold: UInt64(scaled[less] * 4_294_967_296), alias: more)
            scaled[more] -= 1 - scaled[less]
            if scaled[more] < 1 {
                large.removeLast()
                small.append(more)
            }
        }
        self.columns = columns
    }

    func draw(using random: inout SplitMix64) -> Int {
        let bits = random.next()
        let column = EndpointGroup.index(below: columns.count, from: bits)
        return bits & 0xFFFF_FFFF < columns[column].threshold ? column : columns[column].alias
    }
}

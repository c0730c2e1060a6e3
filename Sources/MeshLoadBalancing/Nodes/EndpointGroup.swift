import MeshCore

/// The endpoints of one priority in one endpoint set: immutable, shared by all threads.
///
/// Endpoints of weight 0 are not in it.
struct EndpointGroup: Sendable {
    let nodes: ContiguousArray<EndpointNode>
    /// Draws by weight; `nil` if all weights are equal.
    let alias: AliasTable?
    /// Weights scaled to 16 bits for the stride scheduler; empty if all are equal.
    let strides: [UInt16]

    init(_ nodes: ContiguousArray<EndpointNode>) {
        self.nodes = nodes
        let weights = nodes.map(\.endpoint.weight)
        if let first = weights.first, weights.contains(where: { $0 != first }) {
            alias = AliasTable(weights)
            strides = StaticStride.scaled(weights)
        } else {
            alias = nil
            strides = []
        }
    }

    /// Draws an index by weight.
    func draw(using random: inout SplitMix64) -> Int {
        guard let alias else { return Self.index(below: nodes.count, from: random.next()) }
        return alias.draw(using: &random)
    }

    /// Draws two different indexes by weight. There must be two nodes.
    func drawTwo(using random: inout SplitMix64) -> (Int, Int) {
        guard let alias else {
            let bits = random.next()
            let first = Self.index(below: nodes.count, from: bits)
            let second = Self.index(below: nodes.count - 1, from: bits &* 0x9E37_79B9_7F4A_7C15)
            return (first, second >= first ? second + 1 : second)
        }
        let first = alias.draw(using: &random)
        for _ in 0..<4 {
            let second = alias.draw(using: &random)
            if second != first { return (first, second) }
        }
        // One endpoint has nearly all the weight: take any other, it is compared by load for its weight.
        let second = Self.index(below: nodes.count - 1, from: random.next())
        return (first, second >= first ? second + 1 : second)
    }

    /// A number below `bound` from the upper bits of `bits` (Lemire's multiplication, without the rejection: the bias
    /// is below one in four billion divided by `bound`).
    static func index(below bound: Int, from bits: UInt64) -> Int {
        Int(truncatingIfNeeded: ((bits >> 32) &* UInt64(truncatingIfNeeded: bound)) >> 32)
    }
}

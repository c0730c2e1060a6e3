import MeshCore

/// Endpoints of one priority, and one place, in one endpoint set, or those of them that subsetting leaves: immutable, shared
/// by all threads.
///
/// Endpoints of weight 0 are not in it.
final class EndpointGroup: Sendable {
    /// An endpoint as a pick sees it.
    ///
    /// The references are not counted, because the counts are shared by all threads and would cost more than the rest of
    /// a pick: a member is valid as long as its group is, which the lock around a pick sees to.
    struct Member: Sendable {
        let node: Unmanaged<EndpointNode>
        let state: Unmanaged<EndpointState>
        private let sight: CallCount.Sight
        /// What calls in flight are multiplied with, so that a heavy endpoint looks less loaded: the mean weight of the
        /// group over the endpoint's.
        let inverseWeight: Float

        init(_ node: EndpointNode, inverseWeight: Float) {
            self.node = .passUnretained(node)
            state = .passUnretained(node.state)
            sight = node.sight
            self.inverseWeight = inverseWeight
        }

        /// The calls in flight, as a stripe sees them; see ``CallCount/Sight/seen(by:at:_:)``.
        func calls(by stripe: Int, at now: MeshInstant, _ glances: inout Glances) -> CallCount.Calls {
            let earlier = state._withUnsafeGuaranteedRef { $0.earlier }
            return CallCount.Calls(word: sight.seen(by: stripe, at: now, &glances) &+ earlier)
        }

        /// The calls in flight, of all threads.
        var inFlight: Int { node._withUnsafeGuaranteedRef { $0.inFlight } }
    }

    let members: ContiguousArray<Member>
    /// Draws by weight; `nil` if all weights are equal.
    let alias: AliasTable?
    /// Weights scaled to 16 bits for the stride scheduler; empty if all are equal.
    let strides: [UInt16]
    /// Where keys live, if the policy hashes.
    let table: LazyHashTable?
    /// How many endpoints there are, those that subsetting leaves out too.
    let wholeCount: Int
    /// What takes the place of a group that was narrowed while too few of it may be asked: the group and as many endpoints again.
    let reserve: EndpointGroup?
    /// How much of each endpoint is this instance's; empty for all of all.
    let coverage: [Float]
    /// Where the endpoints are that are known by numbers; only for Prequal.
    private let indexes: NumberTable?
    private let owned: ContiguousArray<EndpointNode>

    /// The endpoints that narrowing leaves.
    convenience init(
        _ nodes: ContiguousArray<EndpointNode>,
        narrowing: Narrowing,
        policy: LoadBalancingPolicy
    ) {
        guard let selection = narrowing.selection(of: nodes) else {
            self.init(nodes, policy: policy)
            return
        }
        self.init(
            selection.nodes,
            weights: selection.weights,
            coverage: selection.coverage,
            of: nodes.count,
            reserve: EndpointGroup(selection.reserve, policy: policy),
            policy: policy
        )
    }

    convenience init(_ nodes: ContiguousArray<EndpointNode>, policy: LoadBalancingPolicy) {
        self.init(
            nodes,
            weights: nodes.map { $0.endpoint.weight },
            coverage: [],
            of: nodes.count,
            reserve: nil,
            policy: policy
        )
    }

    private init(
        _ nodes: ContiguousArray<EndpointNode>,
        weights: [UInt32],
        coverage: [Float],
        of wholeCount: Int,
        reserve: EndpointGroup?,
        policy: LoadBalancingPolicy
    ) {
        self.coverage = coverage
        self.wholeCount = wholeCount
        self.reserve = reserve
        let mean = weights.reduce(0) { $0 + Double($1) } / Double(max(weights.count, 1))
        owned = nodes
        if case .prequal = policy {
            indexes = NumberTable(nodes.lazy.map { $0.state.number })
        } else {
            indexes = nil
        }
        // A ring has whole places for the smallest part, so that a tiny one would make it huge.
        table = LazyHashTable(nodes, weights: coverage.isEmpty ? weights : UInt32.coarse(weights), for: policy)
        members = ContiguousArray(
            zip(nodes, weights).map { node, weight in
                Member(node, inverseWeight: Float(mean / Double(weight)))
            }
        )
        if let first = weights.first, weights.contains(where: { $0 != first }) {
            alias = AliasTable(weights)
            strides = StaticStride.scaled(weights)
        } else {
            alias = nil
            strides = []
        }
    }

    /// Where the endpoint is that is known by this number; only for Prequal.
    func index(ofNumber number: UInt32) -> Int? { indexes?.index(of: number) }

    func node(at index: Int) -> EndpointNode { owned[index] }

    /// All of them.
    var nodes: ContiguousArray<EndpointNode> { owned }

    /// How many of them may be asked, be it for a probe: a priority in which all wait for one would never get it otherwise.
    ///
    /// - Complexity: O(n)
    func availableCount(at now: MeshInstant) -> Int {
        owned.reduce(0) { $0 + ($1.state.availability(at: now) == .unavailable ? 0 : 1) }
    }

    /// The first member that is accepted, beginning at one that a key names.
    ///
    /// - Complexity: O(n)
    func member(from key: UInt64, where accepts: (Member) -> Bool) -> Member? {
        let start = Self.index(below: members.count, from: key)
        return members[start...].first(where: accepts) ?? members[..<start].first(where: accepts)
    }

    /// What the endpoints report, as weights; `nil` for one whose report does not count.
    ///
    /// - Complexity: O(n)
    func reportedWeights(by rule: ReportedWeights, at now: MeshInstant) -> [Double?] {
        owned.map { $0.state.reported?.reading(by: rule, at: now).weight }
    }

    /// Draws an index by weight.
    func draw(using random: inout SplitMix64) -> Int {
        guard let alias else { return Self.index(below: members.count, from: random.next()) }
        return alias.draw(using: &random)
    }

    /// Draws two different indexes by weight. There must be two nodes.
    @inline(__always)
    func drawTwo(using random: inout SplitMix64) -> (Int, Int) {
        guard let alias else {
            let bits = random.next()
            let first = Self.index(below: members.count, from: bits)
            let second = Self.index(below: members.count - 1, from: bits &* 0x9E37_79B9_7F4A_7C15)
            return (first, second >= first ? second + 1 : second)
        }
        return drawTwo(by: alias, using: &random)
    }

    @inline(never)
    private func drawTwo(by alias: AliasTable, using random: inout SplitMix64) -> (Int, Int) {
        let first = alias.draw(using: &random)
        for _ in 0..<4 {
            let second = alias.draw(using: &random)
            if second != first { return (first, second) }
        }
        // One endpoint has nearly all the weight: take any other, it is compared by load for its weight.
        let second = Self.index(below: members.count - 1, from: random.next())
        return (first, second >= first ? second + 1 : second)
    }

    /// A number below `bound` from the upper bits of `bits` (Lemire's multiplication, without the rejection: the bias
    /// is below one in four billion divided by `bound`).
    static func index(below bound: Int, from bits: UInt64) -> Int {
        Int(truncatingIfNeeded: ((bits >> 32) &* UInt64(truncatingIfNeeded: bound)) >> 32)
    }
}

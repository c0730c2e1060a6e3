import MeshCore

/// What subsetting makes of the endpoints of a group, for one balancer at one moment.
enum Narrowing: Hashable, Sendable {
    case none
    /// The endpoints of lowest rank.
    case lowest(Int)
    /// The endpoints of an arc.
    case arc(Arc)

    struct Arc: Hashable, Sendable {
        var coordinate: ProcessCoordinate
        /// How many endpoints it should hold.
        var endpoints: Int
        let minimum: Int
    }

    /// A group of endpoints, narrowed.
    struct Selection: Sendable {
        /// Those inside.
        let nodes: ContiguousArray<EndpointNode>
        /// Their weights.
        let weights: [UInt32]
        /// How much of each lies inside; empty for all of all.
        let coverage: [Float]
        /// Those inside and as many again, if there are others.
        let reserve: ContiguousArray<EndpointNode>
    }

    init(_ subsetting: Subsetting, using random: inout SplitMix64) {
        switch subsetting {
        case .none:
            self = .none
        case .random(let rule):
            self = .lowest(rule.size)
        case .aperture(let rule):
            let coordinate = rule.coordinate ?? .drawn(using: &random)
            self = .arc(Arc(coordinate: coordinate, endpoints: rule.minimum, minimum: rule.minimum))
        }
    }

    /// Narrows the endpoints of a group; `nil` if all of them stay, each with all of its weight.
    ///
    /// - Complexity: O(n log n)
    func selection(of nodes: ContiguousArray<EndpointNode>) -> Selection? {
        switch self {
        case .none:
            return nil
        case .lowest(let size):
            guard size < nodes.count else { return nil }
            let reserve = nodes.byRank().prefix(size * 2).map { nodes[$0] }
            return Selection(
                nodes: ContiguousArray(reserve[..<size]),
                weights: reserve[..<size].map { $0.endpoint.weight },
                coverage: [],
                reserve: ContiguousArray(reserve)
            )
        case .arc(let arc):
            guard arc.minimum < nodes.count, arc.coordinate.instances > 1 else { return nil }
            let ranked = nodes.byRank()
            let ring = ApertureRing(ranked.map { nodes[$0].endpoint.weight })
            let instances = arc.coordinate.instances
            let steps = ring.steps(of: arc.endpoints, minimum: arc.minimum, instances: instances)
            guard steps < instances else { return nil }
            let parts = ring.arc(from: arc.coordinate, steps: steps)
            // The ring goes on behind the last one.
            let last = parts.map(\.index).last ?? 0
            let others = min(parts.count, nodes.count - parts.count)
            let inside = ContiguousArray(parts.map { nodes[ranked[$0.index]] })
            return Selection(
                nodes: inside,
                weights: UInt32.scaled(parts.map(\.overlap)),
                coverage: parts.contains { $0.overlap < $0.size } ? parts.map { Float($0.coverage) } : [],
                reserve: inside + (0..<others).map { nodes[ranked[(last + 1 + $0) % ranked.count]] }
            )
        }
    }

    /// Whether a group of so many endpoints may look otherwise under `other`. Another number of endpoints that an arc should hold
    /// need not make it longer.
    func differs(from other: Narrowing, in count: Int) -> Bool {
        guard case .arc(let arc) = self, case .arc(let old) = other, arc.coordinate == old.coordinate else {
            return self != other
        }
        let instances = arc.coordinate.instances
        return ApertureRing.steps(of: arc.endpoints, among: count, instances: instances)
            != ApertureRing.steps(of: old.endpoints, among: count, instances: instances)
    }
}

extension Subsetting {
    /// The seed of the hashes by which endpoints are put in order; `nil` if they are not.
    func seed(using random: inout SplitMix64) -> UInt64? {
        switch self {
        case .none: nil
        case .random(let rule): rule.seed ?? random.next()
        // The same order for all instances.
        case .aperture: 0
        }
    }
}

extension ProcessCoordinate {
    /// Any place on the ring, while the own one is not known.
    fileprivate static func drawn(using random: inout SplitMix64) -> ProcessCoordinate {
        ProcessCoordinate(unchecked: Int(random.next() >> 44), of: limit)
    }
}

extension ContiguousArray<EndpointNode> {
    /// Their indices in the order of their ranks; where two have one rank, in that of their addresses.
    fileprivate func byRank() -> [Int] {
        // Each rank is fetched once, and not for every comparison.
        var places = indices.map { (rank: self[$0].state.rank, index: $0) }
        places.sort { lhs, rhs in
            guard lhs.rank == rhs.rank else { return lhs.rank < rhs.rank }
            return "\(self[lhs.index].endpoint.address)" < "\(self[rhs.index].endpoint.address)"
        }
        return places.map { $0.index }
    }
}

extension UInt32 {
    /// Weights that are in proportion to `values`, none of which becomes 0.
    static func scaled(_ values: [UInt64]) -> [UInt32] {
        let largest = values.max() ?? 1
        let excess = UInt64(Swift.max(0, UInt64.bitWidth - largest.leadingZeroBitCount - UInt32.bitWidth))
        return values.map { UInt32(Swift.max(1, $0 >> excess)) }
    }

    /// About the same weights, the largest 1,000.
    static func coarse(_ weights: [UInt32]) -> [UInt32] {
        let largest = Double(weights.max() ?? 1)
        return weights.map { UInt32(Swift.max(1, (Double($0) / largest * 1_000).rounded())) }
    }
}

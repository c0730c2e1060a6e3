import MeshCore

/// Where keys live among the endpoints of a group.
enum HashTable: Sendable {
    case ring(HashRing)
    case maglev(MaglevTable)

    /// The table that a policy wants; `nil` if it does not hash.
    init?(_ endpoints: some Sequence<Endpoint>, weights: [UInt32], for policy: LoadBalancingPolicy) {
        let keys = { zip(endpoints, weights).map { (key: "\($0.address)", weight: $1) } }
        switch policy {
        case .ringHash(let rule): self = .ring(HashRing(keys(), by: rule))
        case .maglev(let rule): self = .maglev(MaglevTable(keys(), size: rule.tableSize))
        default: return nil
        }
    }

    /// The endpoint of a key, or the one that takes its place while that is not accepted.
    func first(for key: UInt64, where accepts: (Int) -> Bool) -> Int? {
        switch self {
        case .ring(let ring): ring.first(for: key, where: accepts)
        case .maglev(let table): table.first(for: key, where: accepts)
        }
    }
}

/// The most calls in flight that consistent hashing with bounded loads lets an endpoint have.
enum BoundedLoad {
    /// Whether an endpoint may take one more call.
    ///
    /// - Parameters:
    ///   - inFlight: The calls that it has.
    ///   - share: The part of all calls that is its own, by weight.
    ///   - total: The calls that all have.
    ///   - factor: In percent.
    static func allows(_ inFlight: Int, share: Double, total: Int, factor: Int) -> Bool {
        Double(inFlight + 1) <= (Double(factor) / 100 * Double(total + 1) * share).rounded(.up)
    }
}

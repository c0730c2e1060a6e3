import MeshCore
import Synchronization

/// Where keys live among the endpoints of a group.
enum HashTable: Sendable {
    case ring(HashRing)
    case maglev(MaglevTable)

    /// The table that a policy wants; `nil` if it does not hash.
    init?(_ endpoints: [(key: String, weight: UInt32)], for policy: LoadBalancingPolicy) {
        switch policy {
        case .ringHash(let rule): self = .ring(HashRing(endpoints, by: rule))
        case .maglev(let rule): self = .maglev(MaglevTable(endpoints, size: rule.tableSize))
        default: return nil
        }
    }

    /// The endpoint of a key, or the one that takes its place while that is not accepted.
    @inline(__always)
    func first(for key: UInt64, where accepts: (Int) -> Bool) -> Int? {
        switch self {
        case .ring(let ring): ring.first(for: key, where: accepts)
        case .maglev(let table): table.first(for: key, where: accepts)
        }
    }
}

/// A table that is made when it is first wanted.
///
/// The table is not counted when it is looked at, because the count would be shared by all threads.
final class LazyHashTable: Sendable {
    private final class Made: Sendable {
        let table: HashTable

        init(_ table: HashTable) { self.table = table }
    }

    private let make: @Sendable () -> HashTable?
    private let made = Atomic<Unmanaged<Made>?>(nil)
    private let making = Mutex(())

    /// - Returns: `nil` if the policy does not hash.
    init?(_ nodes: ContiguousArray<EndpointNode>, weights: [UInt32], for policy: LoadBalancingPolicy) {
        guard policy.hashes, !nodes.isEmpty else { return nil }
        make = { HashTable(zip(nodes, weights).map { ($0.state.name, $1) }, for: policy) }
    }

    deinit {
        made.load(ordering: .acquiring)?.release()
    }

    /// Whether it has been made.
    var isMade: Bool { made.load(ordering: .relaxed) != nil }

    /// The endpoint of a key, or the one that takes its place while that is not accepted. Makes the table if there is none.
    @inline(__always)
    func first(for key: UInt64, where accepts: (Int) -> Bool) -> Int? {
        guard let made = made.load(ordering: .acquiring) ?? makeNow() else { return nil }
        return made._withUnsafeGuaranteedRef { $0.table.first(for: key, where: accepts) }
    }

    /// Makes the table if there is none.
    func prepare() {
        if !isMade { _ = makeNow() }
    }

    /// One thread makes it, others that want it wait.
    @inline(never)
    private func makeNow() -> Unmanaged<Made>? {
        making.withLock { _ in
            if let made = made.load(ordering: .acquiring) { return made }
            guard let table = make() else { return nil }
            let new = Unmanaged.passRetained(Made(table))
            made.store(new, ordering: .releasing)
            return new
        }
    }
}

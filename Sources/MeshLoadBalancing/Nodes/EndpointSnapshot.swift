import MeshCore
import Synchronization

/// An endpoint set as the balancer picks from it.
final class EndpointSnapshot: Sendable {
    /// The endpoints of one priority.
    struct Level: Sendable {
        /// All of them.
        let everywhere: EndpointGroup
        /// The same by place, where calls keep to places.
        let places: [(locality: Locality, group: EndpointGroup)]

        var groups: [EndpointGroup] { [everywhere] + places.map(\.group) }
    }

    /// The endpoints that can be picked, by ascending priority.
    let levels: [Level]
    /// The only group, if there is no more than one and no default subset; not counted, for the reason given at ``EndpointGroup/Member``.
    let only: Unmanaged<EndpointGroup>?
    /// The same for endpoints of which subsetting left some out: what the tracker counts says something about them only while
    /// it is nothing.
    let onlyWhileWhole: Unmanaged<EndpointGroup>?
    /// All endpoints, those of weight 0 and those that subsetting leaves out too.
    let nodes: ContiguousArray<EndpointNode>
    /// How many of them take calls.
    let pickableCount: Int
    /// The subsets that calls may ask for.
    let subsets: [EndpointSubset: EndpointSnapshot]

    private let routing: EndpointRouting
    /// The shares of the groups while all endpoints are available.
    private let whole: GroupShares
    private let partial: Mutex<Partial>

    /// The shares while some endpoints are not.
    private struct Partial {
        var shares: GroupShares
        var unavailable = 0
        var since = MeshInstant.zero
    }

    /// How long the shares of groups are believed while the number of unavailable endpoints stays the same: to count them
    /// takes a look at every endpoint.
    private static let sharesValidity = Duration.milliseconds(10)

    convenience init(
        _ nodes: ContiguousArray<EndpointNode>,
        policy: LoadBalancingPolicy,
        routing: EndpointRouting,
        narrowing: Narrowing = .none
    ) {
        var subsets: [EndpointSubset: ContiguousArray<EndpointNode>] = [:]
        for keys in routing.subsets.keys {
            for node in nodes {
                let metadata = node.endpoint.metadata.filter { keys.contains($0.key) }
                guard metadata.count == keys.count else { continue }
                subsets[EndpointSubset(metadata), default: []].append(node)
            }
        }
        self.init(
            nodes,
            subsets: subsets.mapValues {
                EndpointSnapshot($0, subsets: [:], policy: policy, routing: routing, narrowing: narrowing)
            },
            policy: policy,
            routing: routing,
            narrowing: narrowing
        )
    }

    private init(
        _ nodes: ContiguousArray<EndpointNode>,
        subsets: [EndpointSubset: EndpointSnapshot],
        policy: LoadBalancingPolicy,
        routing: EndpointRouting,
        narrowing: Narrowing
    ) {
        self.nodes = nodes
        self.subsets = subsets
        self.routing = routing
        let byPriority = nodes.takingCallsByPriority
        pickableCount = byPriority.reduce(0) { $0 + $1.count }
        levels = byPriority.enumerated().map { position, nodes in
            let byPlace = routing.localities.places(of: nodes, isFirstPriority: position == 0)
            return Level(
                everywhere: EndpointGroup(nodes, narrowing: narrowing, policy: policy),
                places: byPlace.map { ($0.locality, EndpointGroup($0.nodes, narrowing: narrowing, policy: policy)) }
            )
        }
        let isSimple = levels.count == 1 && levels[0].places.isEmpty && routing.subsets.default == nil
        let group: Unmanaged<EndpointGroup>? = isSimple ? .passUnretained(levels[0].everywhere) : nil
        let isNarrowed = levels.contains { level in level.groups.contains { $0.reserve != nil } }
        only = isNarrowed ? nil : group
        onlyWhileWhole = isNarrowed ? group : nil
        whole = GroupShares(levels, routing: routing) { $0.members.count }
        partial = Mutex(Partial(shares: whole))
    }

    /// The shares of the groups.
    ///
    /// - Complexity: O(groups); O(endpoints) at most every 10 ms while some are unavailable.
    func shares(unavailable: Int, at now: MeshInstant) -> GroupShares {
        guard unavailable > 0 else { return whole }
        return partial.withLock { partial in
            if partial.unavailable != unavailable || partial.since.duration(to: now) >= Self.sharesValidity {
                partial = Partial(
                    shares: GroupShares(levels, routing: routing) { $0.availableCount(at: now) },
                    unavailable: unavailable,
                    since: now
                )
            }
            return partial.shares
        }
    }

    /// The endpoints that take calls and that subsetting leaves, without those that stand in.
    ///
    /// - Complexity: O(n)
    var selected: ContiguousArray<EndpointNode> {
        if levels.count == 1, levels[0].places.isEmpty { return levels[0].everywhere.nodes }
        return Self.different(levels.lazy.flatMap(\.groups).flatMap(\.nodes))
    }

    private static func different(_ nodes: some Sequence<EndpointNode>) -> ContiguousArray<EndpointNode> {
        var seen: Set<ObjectIdentifier> = []
        return ContiguousArray(nodes.filter { seen.insert(ObjectIdentifier($0)).inserted })
    }

    /// The same for all subsets together.
    var everySelected: [EndpointNode] { selected + subsets.values.flatMap(\.selected) }

    /// The calls in flight to those that this instance talks to, and to those that stand in.
    ///
    /// - Complexity: O(n), of those that subsetting leaves
    var inFlight: Int {
        let groups = ([self] + subsets.values).lazy.flatMap(\.levels).flatMap(\.groups)
        return Self.different(groups.flatMap { ($0.reserve ?? $0).nodes }).reduce(0) { $0 + $1.inFlight }
    }

    /// Whether subsetting leaves some out.
    var isNarrowed: Bool { levels.contains { level in level.groups.contains { $0.reserve != nil } } }

    /// Whether some group has other endpoints under one narrowing than under another; see
    /// ``Narrowing/differs(from:in:)``.
    func differs(under narrowing: Narrowing, from other: Narrowing) -> Bool {
        levels.contains { level in
            level.groups.contains { narrowing.differs(from: other, in: $0.wholeCount) }
        } || subsets.values.contains { $0.differs(under: narrowing, from: other) }
    }

    /// Makes the tables of a policy that hashes, so that no call has to wait for them: those of all endpoints, and of the
    /// subsets that calls want by default or wanted under the snapshot before.
    func prepareTables(after old: EndpointSnapshot) {
        prepareTables()
        for (key, subset) in subsets where key == routing.subsets.default || old.subsets[key]?.hasTable == true {
            subset.prepareTables()
        }
    }

    /// Those of who stands in too: it is wanted when endpoints are ill, which is no time to make tables.
    private func prepareTables() {
        for group in levels.lazy.flatMap(\.groups) {
            group.table?.prepare()
            group.reserve?.table?.prepare()
        }
    }

    /// Whether some table has been made.
    private var hasTable: Bool {
        levels.contains { level in level.groups.contains { $0.table?.isMade == true } }
    }

    /// The endpoints for a call that asks for `subset`; `nil` if it has none.
    func narrowed(to subset: EndpointSubset?) -> EndpointSnapshot? {
        // A subset without conditions is everyone.
        guard let wanted = subset ?? routing.subsets.default, !wanted.metadata.isEmpty else { return self }
        if let found = subsets[wanted], found.pickableCount > 0 { return found }
        switch routing.subsets.fallback {
        case .none: return nil
        case .anyEndpoint: return self
        case .subset(let other): return subsets[other]
        }
    }
}

extension ContiguousArray<EndpointNode> {
    /// Those that take calls, by ascending priority.
    fileprivate var takingCallsByPriority: [Self] {
        guard let first = first?.endpoint.priority else { return [] }
        // One look at each: of a large set few are in a cache.
        if allSatisfy({ $0.endpoint.takesCalls && $0.endpoint.priority == first }) { return [self] }
        return Dictionary(grouping: lazy.filter { $0.endpoint.takesCalls }, by: \.endpoint.priority)
            .sorted { $0.key < $1.key }
            .map { Self($0.value) }
    }
}

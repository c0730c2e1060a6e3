import MeshCore
import Synchronization

/// The nodes of the endpoints in force: in the order of their set, and by address.
///
/// An update walks along the old order. An endpoint that still stands behind its neighbour costs a comparison and no lookup,
/// and the index changes by what comes and goes: most updates of a large set change little of it.
struct KnownEndpoints {
    /// What an update changed.
    struct Change {
        /// Whether it changed nothing at all, the order of the endpoints neither.
        var isNone = true
        /// Nodes of endpoints that are new.
        var added: [EndpointNode] = []
        /// Nodes of endpoints that are described anew.
        var replaced: [(old: EndpointNode, new: EndpointNode)] = []
        /// Nodes whose endpoint is gone.
        var removed: [EndpointNode] = []
    }

    /// In the order of the set. Each knows its position.
    private(set) var nodes: ContiguousArray<EndpointNode> = []
    private var byAddress: [Address: EndpointNode] = [:]

    subscript(address: Address) -> EndpointNode? { byAddress[address] }

    /// Replaces the endpoints.
    ///
    /// - Parameter make: Makes the node of an endpoint that is new, or that the node which it is given describes otherwise.
    /// - Complexity: O(n)
    mutating func update(_ set: EndpointSet, _ make: (Endpoint, EndpointNode?) -> EndpointNode) -> Change {
        var change = Change()
        let before = nodes
        var after: ContiguousArray<EndpointNode> = []
        after.reserveCapacity(set.count)
        var stays = ContiguousArray(repeating: false, count: before.count)
        var expected = 0
        for endpoint in set.endpoints {
            if expected < before.count {
                let node = before[expected]
                if node.endpoint == endpoint {
                    stays[expected] = true
                    expected += 1
                    after.place(node)
                    continue
                }
            }
            change.isNone = false
            if let old = byAddress[endpoint.address] {
                let position = old.position.load(ordering: .relaxed)
                stays[position] = true
                expected = position + 1
                if old.endpoint == endpoint {
                    after.place(old)
                } else {
                    let node = make(endpoint, old)
                    change.replaced.append((old, node))
                    after.place(node)
                }
            } else {
                let node = make(endpoint, nil)
                change.added.append(node)
                after.place(node)
            }
        }
        guard !change.isNone || after.count < before.count else { return change }
        change.isNone = false
        for (node, stays) in zip(before, stays) where !stays { change.removed.append(node) }
        nodes = after
        index(change)
        return change
    }

    private mutating func index(_ change: Change) {
        for node in change.removed { byAddress[node.endpoint.address] = nil }
        if byAddress.capacity < nodes.count || byAddress.capacity / 4 > max(nodes.count, 64) {
            // Grown at once; or given back, after a much larger set.
            byAddress = [:]
            byAddress.reserveCapacity(nodes.count)
            for node in nodes { byAddress[node.endpoint.address] = node }
            return
        }
        for node in change.added { byAddress[node.endpoint.address] = node }
        for (_, node) in change.replaced { byAddress[node.endpoint.address] = node }
    }
}

extension ContiguousArray<EndpointNode> {
    fileprivate mutating func place(_ node: EndpointNode) {
        node.position.store(count, ordering: .relaxed)
        append(node)
    }
}

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
        /// Endpoints that are new.
        var added: [Endpoint] = []
        /// Nodes of endpoints that are described anew.
        var replaced: [(old: EndpointNode, new: EndpointNode)] = []
        /// Nodes whose endpoint is gone.
        var removed: [EndpointNode] = []
    }

    /// In the order of the set. Each knows its position.
    private(set) var nodes: ContiguousArray<EndpointNode> = []
    private var index = NodeIndex()

    subscript(address: Address) -> EndpointNode? { index[address] }

    /// Replaces the endpoints.
    ///
    /// - Parameter make: Makes the node of an endpoint that is new, or that the node which it is given describes otherwise.
    /// - Complexity: O(n)
    mutating func update(_ set: EndpointSet, _ make: (Endpoint, EndpointNode?) -> EndpointNode) -> Change {
        var change = Change()
        let before = nodes
        var after: ContiguousArray<EndpointNode> = []
        after.reserveCapacity(set.count)
        // Of new nodes; they go into the index together.
        var arrivals: ContiguousArray<NodeIndex.Entry> = []
        if before.isEmpty {
            arrivals.reserveCapacity(set.count)
            change.added.reserveCapacity(set.count)
        }
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
            if let old = index[endpoint.address] {
                let position = old.position.load(ordering: .relaxed)
                stays[position] = true
                expected = position + 1
                if old.endpoint == endpoint {
                    after.place(old)
                } else {
                    let node = make(endpoint, old)
                    index.replace(old, by: node)
                    change.replaced.append((old, node))
                    after.place(node)
                }
            } else {
                let node = make(endpoint, nil)
                arrivals.append(NodeIndex.Entry(node))
                change.added.append(endpoint)
                after.place(node)
            }
        }
        guard !change.isNone || after.count < before.count else { return change }
        change.isNone = false
        for (node, stays) in zip(before, stays) where !stays {
            index.remove(node)
            change.removed.append(node)
        }
        index.insert(arrivals)
        nodes = after
        return change
    }
}

extension ContiguousArray<EndpointNode> {
    fileprivate mutating func place(_ node: EndpointNode) {
        node.position.store(count, ordering: .relaxed)
        append(node)
    }
}

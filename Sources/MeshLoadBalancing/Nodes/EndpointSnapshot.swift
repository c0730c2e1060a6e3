import MeshCore

/// An endpoint set as the balancer picks from it.
final class EndpointSnapshot: Sendable {
    /// The endpoints that can be picked, by ascending priority.
    let groups: [EndpointGroup]
    /// The first of them; not counted, for the reason given at ``EndpointGroup/Member``.
    let first: Unmanaged<EndpointGroup>?
    /// All endpoints, those of weight 0 too.
    let nodes: ContiguousArray<EndpointNode>
    /// How many of them can be picked.
    let pickableCount: Int

    init(_ nodes: ContiguousArray<EndpointNode>) {
        self.nodes = nodes
        let pickable = nodes.filter(\.endpoint.takesCalls)
        pickableCount = pickable.count
        if let first = pickable.first?.endpoint.priority, pickable.contains(where: { $0.endpoint.priority != first }) {
            let byPriority = Dictionary(grouping: pickable, by: \.endpoint.priority)
            groups = byPriority.sorted { $0.key < $1.key }.map { EndpointGroup(ContiguousArray($0.value)) }
        } else {
            groups = pickable.isEmpty ? [] : [EndpointGroup(ContiguousArray(pickable))]
        }
        first = groups.first.map { .passUnretained($0) }
    }
}

import MeshCore

extension EndpointSet {
    /// How many addresses this set has that `old` has not, and the other way round.
    ///
    /// - Complexity: O(n), hashing only what lies between the common beginning and the common end: sources mostly keep
    ///   their order, and hashing is what costs.
    func changes(since old: EndpointSet) -> (added: Int, removed: Int) {
        var new = endpoints[...]
        var old = old.endpoints[...]
        while let lhs = new.first, let rhs = old.first, lhs.address == rhs.address {
            new.removeFirst()
            old.removeFirst()
        }
        while let lhs = new.last, let rhs = old.last, lhs.address == rhs.address {
            new.removeLast()
            old.removeLast()
        }
        let before = Set(old.lazy.map(\.address))
        let kept = new.lazy.filter { before.contains($0.address) }.count
        return (new.count - kept, old.count - kept)
    }
}

import MeshCore

/// Finds nodes by the address of their endpoint: a table of hashes with open addressing and linear probing.
///
/// A `Dictionary` would keep a copy of each address and count a reference to each node, which was a third of the time that a
/// first update takes. Here a place is two words, and of another address nothing but its hash is looked at.
///
/// The nodes are not counted: each must live until it is removed or another takes its place.
struct NodeIndex {
    /// A node that is, or is to be, in the index.
    struct Entry {
        fileprivate let hash: Int
        fileprivate var node: Unmanaged<EndpointNode>

        init(_ node: EndpointNode) {
            hash = node.endpoint.address.hashValue
            self.node = .passUnretained(node)
        }
    }

    /// A power of two of them, or none. At least a quarter are free, so that every search ends, and soon.
    private var places: ContiguousArray<Entry?> = []
    private var count = 0

    subscript(address: Address) -> EndpointNode? {
        guard count > 0 else { return nil }
        let place = place(of: address.hashValue) { $0.endpoint.address == address }
        return place.flatMap { places[$0]?.node.takeUnretainedValue() }
    }

    /// Adds nodes whose addresses are not in the index.
    ///
    /// All at once: places of many of them are not in a cache, and are waited for together if nothing else happens in between.
    mutating func insert(_ entries: ContiguousArray<Entry>) {
        resize(for: count + entries.count)
        for entry in entries { put(entry) }
        count += entries.count
    }

    /// Puts a node in the place of one with the same address.
    mutating func replace(_ old: EndpointNode, by new: EndpointNode) {
        let place = presentPlace(of: old)
        places[place]?.node = .passUnretained(new)
    }

    /// Removes a node, and moves up those that had to stand behind it.
    mutating func remove(_ node: EndpointNode) {
        var free = presentPlace(of: node)
        var next = after(free)
        while let entry = places[next] {
            // It may only move to a place that a search for it passes.
            if distance(from: home(of: entry.hash), to: next) >= distance(from: free, to: next) {
                places[free] = entry
                free = next
            }
            next = after(next)
        }
        places[free] = nil
        count -= 1
    }

    /// Makes room for this many nodes, and gives back what a much larger set needed.
    private mutating func resize(for needed: Int) {
        let size = needed == 0 ? 0 : Self.size(for: needed)
        guard size > places.count || size < places.count / 8 else { return }
        let old = places
        places = ContiguousArray(repeating: nil, count: size)
        for case let entry? in old { put(entry) }
    }

    /// The smallest power of two above four thirds of `count`, and at least 8.
    private static func size(for count: Int) -> Int {
        1 << (Int.bitWidth - max(count * 4 / 3, 7).leadingZeroBitCount)
    }

    private mutating func put(_ entry: Entry) {
        var place = home(of: entry.hash)
        while places[place] != nil { place = after(place) }
        places[place] = entry
    }

    /// Where a node is that must be there: the index would keep a reference to it that nobody counts.
    private func presentPlace(of node: EndpointNode) -> Int {
        guard count > 0, let place = place(of: node.endpoint.address.hashValue, where: { $0 === node }) else {
            preconditionFailure("a node is not in the index")
        }
        return place
    }

    @inline(__always)
    private func place(of hash: Int, where matches: (EndpointNode) -> Bool) -> Int? {
        var place = home(of: hash)
        while let entry = places[place] {
            if entry.hash == hash, entry.node._withUnsafeGuaranteedRef(matches) { return place }
            place = after(place)
        }
        return nil
    }

    private func home(of hash: Int) -> Int { hash & (places.count - 1) }

    private func after(_ place: Int) -> Int { (place + 1) & (places.count - 1) }

    private func distance(from first: Int, to second: Int) -> Int { (second - first) & (places.count - 1) }
}

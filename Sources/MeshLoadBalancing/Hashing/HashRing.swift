/// A ring of hashes, each of which belongs to an endpoint.
struct HashRing: Sendable {
    private let hashes: ContiguousArray<UInt64>
    private let owners: ContiguousArray<UInt32>
    /// For each value of the upper bits of a hash, the first place at or behind it: a lookup looks at one or two places, however
    /// many there are.
    private let starts: ContiguousArray<UInt32>
    private let shift: UInt64

    /// How many places are looked at for an endpoint that may be asked, before any other will do.
    private static let patience = 256

    /// Makes a ring, for the same endpoints the same whatever their order. Envoy's `ring_hash_lb.cc`.
    ///
    /// - Complexity: O(places × log places)
    init(_ endpoints: [(key: String, weight: UInt32)], by rule: RingHash) {
        let total = endpoints.reduce(0.0) { $0 + Double($1.weight) }
        let least = Double(endpoints.map(\.weight).min() ?? 1) / total
        // So large that the lightest endpoint has a whole number of places.
        let scale = min((least * Double(rule.minimumRingSize)).rounded(.up) / least, Double(rule.maximumRingSize))
        var places: [(hash: UInt64, owner: UInt32)] = []
        places.reserveCapacity(Int(scale) + endpoints.count)
        var current = 0.0
        var target = 0.0
        for index in endpoints.indices.sorted(by: { endpoints[$0].key < endpoints[$1].key }) {
            target += scale * Double(endpoints[index].weight) / total
            var number = 0
            while current < target {
                places.append((XXH64.hash("\(endpoints[index].key)_\(number)"), UInt32(index)))
                number += 1
                current += 1
            }
        }
        // Where two endpoints have one hash, the same of them comes first on every client.
        places.sort { ($0.hash, endpoints[Int($0.owner)].key) < ($1.hash, endpoints[Int($1.owner)].key) }
        hashes = ContiguousArray(places.map(\.hash))
        owners = ContiguousArray(places.map(\.owner))
        let bits = max(1, 64 - max(1, places.count - 1).leadingZeroBitCount)
        shift = UInt64(64 - bits)
        var starts = ContiguousArray(repeating: UInt32(0), count: 1 << bits)
        var position = 0
        for bucket in starts.indices {
            while position < places.count, places[position].hash >> shift < bucket { position += 1 }
            starts[bucket] = UInt32(position)
        }
        self.starts = starts
    }

    /// How many places there are.
    var count: Int { hashes.count }

    /// The endpoint of a hash.
    func lookup(_ hash: UInt64) -> Int { Int(owners[place(of: hash)]) }

    /// The endpoint of a hash, or where that is not accepted the next on the ring that is.
    ///
    /// - Returns: `nil` if 256 places belong to nobody who is accepted.
    func first(for hash: UInt64, where accepts: (Int) -> Bool) -> Int? {
        var place = place(of: hash)
        var refused = UInt32.max
        for _ in 0..<min(Self.patience, owners.count) {
            let owner = owners[place]
            if owner != refused {
                if accepts(Int(owner)) { return Int(owner) }
                refused = owner
            }
            place = place + 1 < owners.count ? place + 1 : 0
        }
        return nil
    }

    private func place(of hash: UInt64) -> Int {
        var place = Int(starts[Int(hash >> shift)])
        while place < hashes.count, hashes[place] < hash { place += 1 }
        return place < hashes.count ? place : 0
    }
}

/// A ring of hashes, each of which belongs to an endpoint.
struct HashRing: Sendable {
    private let hashes: ContiguousArray<UInt64>
    private let owners: ContiguousArray<UInt32>
    /// For each value of the upper bits of a hash, the first place at or behind it: a lookup looks at one or two places, however
    /// many there are.
    private let starts: ContiguousArray<UInt32>
    private let shift: UInt64

    /// How many places are looked at for an endpoint that may be asked, before any other will do.
    private static let maximumSteps = 256

    /// Makes a ring, for the same endpoints the same whatever their order. Envoy's `ring_hash_lb.cc`.
    ///
    /// - Complexity: O(places) expected; see ``RingHash/maximumRingSize`` for what that is in time and memory.
    init(_ endpoints: [(key: String, weight: UInt32)], by rule: RingHash) {
        let total = endpoints.reduce(0.0) { $0 + Double($1.weight) }
        let least = Double(endpoints.map(\.weight).min() ?? 1) / total
        // So large that the lightest endpoint has a whole number of places.
        let scale = min((least * Double(rule.minimumRingSize)).rounded(.up) / least, Double(rule.maximumRingSize))
        var drawn: ContiguousArray<UInt64> = []
        drawn.reserveCapacity(Int(scale) + 1)
        var runs: [(owner: UInt32, end: Int)] = []
        var target = 0.0
        for index in endpoints.indices.sorted(by: { endpoints[$0].key < endpoints[$1].key }) {
            target += scale * Double(endpoints[index].weight) / total
            var text = Array("\(endpoints[index].key)_".utf8)
            let prefix = text.count
            var number = 0
            while Double(drawn.count) < target {
                text.replaceSubrange(prefix..., with: String(number).utf8)
                drawn.append(text.withUnsafeBytes { XXH64.hash($0) })
                number += 1
            }
            runs.append((UInt32(index), drawn.count))
        }
        let bits = max(1, 64 - max(1, drawn.count - 1).leadingZeroBitCount)
        shift = UInt64(64 - bits)
        starts = Self.starts(of: drawn, shift: shift, buckets: 1 << bits)
        (hashes, owners) = Self.sorted(drawn, runs, starts: starts, shift: shift)
    }

    /// How many hashes lie below each value of the upper bits.
    private static func starts(
        of hashes: ContiguousArray<UInt64>,
        shift: UInt64,
        buckets: Int
    ) -> ContiguousArray<UInt32> {
        var starts = ContiguousArray(repeating: UInt32(0), count: buckets)
        for hash in hashes { starts[Int(hash >> shift)] += 1 }
        var sum: UInt32 = 0
        for bucket in starts.indices { (starts[bucket], sum) = (sum, sum + starts[bucket]) }
        return starts
    }

    /// The hashes in order, and whose they are. Where two endpoints have one hash, the one whose key is less comes first on
    /// every client.
    ///
    /// Hashes are spread evenly, so that the upper bits of one nearly say where it belongs: each moves past a neighbour or two.
    private static func sorted(
        _ drawn: ContiguousArray<UInt64>,
        _ runs: [(owner: UInt32, end: Int)],
        starts: ContiguousArray<UInt32>,
        shift: UInt64
    ) -> (ContiguousArray<UInt64>, ContiguousArray<UInt32>) {
        var hashes = ContiguousArray(repeating: UInt64(0), count: drawn.count)
        var owners = ContiguousArray(repeating: UInt32(0), count: drawn.count)
        var filled = ContiguousArray(repeating: UInt32(0), count: starts.count)
        var begin = 0
        for run in runs {
            for hash in drawn[begin..<run.end] {
                let bucket = Int(hash >> shift)
                var place = Int(starts[bucket] + filled[bucket])
                filled[bucket] += 1
                while place > starts[bucket], hashes[place - 1] > hash {
                    hashes[place] = hashes[place - 1]
                    owners[place] = owners[place - 1]
                    place -= 1
                }
                hashes[place] = hash
                owners[place] = run.owner
            }
            begin = run.end
        }
        return (hashes, owners)
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
        for _ in 0..<min(Self.maximumSteps, owners.count) {
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

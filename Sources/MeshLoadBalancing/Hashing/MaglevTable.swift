/// Maglev's lookup table.
struct MaglevTable: Sendable {
    private let places: ContiguousArray<UInt32>

    /// How often a key whose endpoint may not be asked is hashed anew, before any other will do.
    private static let patience: UInt64 = 16

    /// Fills a table, for the same endpoints in the same way whatever their order.
    ///
    /// - Complexity: O(size × log size) expected, from 2 to 4 draws for a place.
    init(_ endpoints: [(key: String, weight: UInt32)], size: Int) {
        struct Row {
            let index: UInt32
            let weight: UInt64
            let skip: Int
            var position: Int
            var target: UInt64 = 0

            mutating func advance(in size: Int) {
                position += skip
                if position >= size { position -= size }
            }
        }
        let largest = UInt64(endpoints.map(\.weight).max() ?? 1)
        var rows = endpoints.indices.sorted { endpoints[$0].key < endpoints[$1].key }.map { index in
            let key = endpoints[index].key
            return Row(
                index: UInt32(index),
                weight: UInt64(endpoints[index].weight),
                skip: Int(XXH64.hash(key, seed: 1) % UInt64(size - 1)) + 1,
                position: Int(XXH64.hash(key) % UInt64(size))
            )
        }
        var places = ContiguousArray(repeating: UInt32.max, count: size)
        var filled = 0
        var round: UInt64 = 1
        filling: while filled < size && !rows.isEmpty {
            for number in rows.indices {
                // As often as the weight is of the largest.
                guard round * rows[number].weight > rows[number].target else { continue }
                rows[number].target += largest
                while places[rows[number].position] != .max { rows[number].advance(in: size) }
                places[rows[number].position] = rows[number].index
                rows[number].advance(in: size)
                filled += 1
                if filled == size { break filling }
            }
            round += 1
        }
        self.places = places
    }

    /// The endpoint of a hash.
    func lookup(_ hash: UInt64) -> Int { Int(places[Int(hash % UInt64(places.count))]) }

    /// The endpoint of a hash, or where that is not accepted the one to which its key goes instead.
    ///
    /// - Returns: `nil` if sixteen places hold nobody who is accepted.
    func first(for hash: UInt64, where accepts: (Int) -> Bool) -> Int? {
        var hash = hash
        for _ in 0..<Self.patience {
            let index = Int(places[Int(hash % UInt64(places.count))])
            if accepts(index) { return index }
            hash = XXH64.hash(hash)
        }
        return nil
    }
}

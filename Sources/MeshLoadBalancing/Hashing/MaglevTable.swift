/// Maglev's lookup table.
struct MaglevTable: Sendable {
    private let places: ContiguousArray<UInt32>

    /// How often a key whose endpoint may not be asked is hashed anew, before any other will do.
    private static let maximumSteps: UInt64 = 16

    /// Fills a table, for the same endpoints in the same way whatever their order. Every endpoint gets a place in the first
    /// round, be it ever so light.
    ///
    /// - Complexity: O(size × log endpoints) expected, whatever the weights: 2 to 4 draws for a place.
    init(_ endpoints: [(key: String, weight: UInt32)], size: Int) {
        let rows = endpoints.indices.sorted { endpoints[$0].key < endpoints[$1].key }
        var permutations = rows.map { Permutation(of: endpoints[$0].key, size: size) }
        var turns = Turns(weights: rows.map { endpoints[$0].weight })
        var places = ContiguousArray(repeating: UInt32.max, count: size)
        for _ in 0..<(rows.isEmpty ? 0 : size) {
            let row = turns.next()
            while places[permutations[row].position] != .max { permutations[row].advance(in: size) }
            places[permutations[row].position] = UInt32(rows[row])
            permutations[row].advance(in: size)
        }
        self.places = places
    }

    /// The order in which an endpoint wants the places.
    private struct Permutation {
        private let skip: Int
        private(set) var position: Int

        init(of key: String, size: Int) {
            skip = Int(XXH64.hash(key, seed: 1) % UInt64(size - 1)) + 1
            position = Int(XXH64.hash(key) % UInt64(size))
        }

        mutating func advance(in size: Int) {
            position += skip
            if position >= size { position -= size }
        }
    }

    /// Whose turn it is to take a place: in each round those whose weight times the number of the round is more than the turns
    /// that they have had times the largest weight, one after the other.
    ///
    /// Those that have a turn in every sixteenth round or more often are looked at in each. The others wait in a heap for the
    /// round of their next one: of a billion rounds an endpoint may have a turn in one.
    private struct Turns {
        private let weights: [UInt64]
        private let largest: UInt64
        private var turns: [UInt64]
        private let frequent: [Int]
        /// The round of the next turn in the upper half, the number in the lower; the least on top.
        private var waiting: [UInt64] = []
        private var round: UInt64 = 1
        private var position = 0

        init(weights: [UInt32]) {
            let largest = UInt64(weights.max() ?? 1)
            self.largest = largest
            self.weights = weights.map { UInt64($0) }
            turns = Array(repeating: 0, count: weights.count)
            frequent = weights.indices.filter { UInt64(weights[$0]) * 16 >= largest }
            // In order, which is what a heap is.
            waiting = weights.indices.filter { UInt64(weights[$0]) * 16 < largest }.map { 1 << 32 | UInt64($0) }
        }

        mutating func next() -> Int {
            while true {
                let candidate = position < frequent.count ? frequent[position] : Int.max
                if let first = waiting.first, first >> 32 == round, Int(first & 0xFFFF_FFFF) < candidate {
                    let number = Int(first & 0xFFFF_FFFF)
                    turns[number] += 1
                    let due = turns[number] * largest / weights[number] + 1
                    replaceFirst(by: min(due, 0xFFFF_FFFF) << 32 | UInt64(number))
                    return number
                }
                guard candidate < .max else {
                    position = 0
                    round += 1
                    continue
                }
                position += 1
                if round * weights[candidate] > turns[candidate] * largest {
                    turns[candidate] += 1
                    return candidate
                }
            }
        }

        private mutating func replaceFirst(by new: UInt64) {
            var hole = 0
            while true {
                var child = 2 * hole + 1
                guard child < waiting.count else { break }
                if child + 1 < waiting.count, waiting[child + 1] < waiting[child] { child += 1 }
                guard waiting[child] < new else { break }
                waiting[hole] = waiting[child]
                hole = child
            }
            waiting[hole] = new
        }
    }

    /// The endpoint of a hash.
    func lookup(_ hash: UInt64) -> Int { Int(places[Int(hash % UInt64(places.count))]) }

    /// The endpoint of a hash, or where that is not accepted the one to which its key goes instead.
    ///
    /// - Returns: `nil` if sixteen places hold nobody who is accepted.
    func first(for hash: UInt64, where accepts: (Int) -> Bool) -> Int? {
        var hash = hash
        for _ in 0..<Self.maximumSteps {
            let index = Int(places[Int(hash % UInt64(places.count))])
            if accepts(index) { return index }
            hash = XXH64.hash(hash)
        }
        return nil
    }
}

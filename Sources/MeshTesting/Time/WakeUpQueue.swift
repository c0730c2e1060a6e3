/// Who is to be woken when: a binary heap, in which those who no longer wait are found by their number.
///
/// Ten thousand calls may wait on one manual clock, so nothing here looks at all of them.
struct WakeUpQueue<Instant: Comparable, Sleeper> {
    private struct Entry {
        let instant: Instant
        let id: UInt64

        /// Who asked first is woken first.
        static func < (lhs: Entry, rhs: Entry) -> Bool {
            if lhs.instant < rhs.instant { return true }
            return lhs.id < rhs.id && !(rhs.instant < lhs.instant)
        }
    }

    /// A heap by instant. May hold entries of sleepers that were removed, but never at its top.
    private var heap: [Entry] = []
    private var sleepers: [UInt64: Sleeper] = [:]

    /// How many wait.
    var count: Int { sleepers.count }

    /// The instant of the next to be woken.
    var next: Instant? { heap.first?.instant }

    /// Adds a sleeper under a number that is larger than all before.
    ///
    /// - Complexity: O(log `count`)
    mutating func insert(_ sleeper: Sleeper, id: UInt64, at instant: Instant) {
        sleepers[id] = sleeper
        heap.append(Entry(instant: instant, id: id))
        var index = heap.count - 1
        while index > 0, heap[index] < heap[(index - 1) / 2] {
            heap.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    /// Removes a sleeper who no longer wants to be woken.
    ///
    /// - Complexity: O(log `count`), amortized
    mutating func remove(_ id: UInt64) -> Sleeper? {
        guard let sleeper = sleepers.removeValue(forKey: id) else { return nil }
        dropRemoved()
        return sleeper
    }

    /// Removes the next to be woken, if that is not after `limit`.
    ///
    /// - Complexity: O(log `count`), amortized
    mutating func popFirst(upTo limit: Instant) -> (instant: Instant, sleeper: Sleeper)? {
        guard let first = heap.first, first.instant <= limit else { return nil }
        guard let sleeper = sleepers.removeValue(forKey: first.id) else {
            preconditionFailure("removed, yet at the top")
        }
        dropRemoved()
        return (first.instant, sleeper)
    }

    /// Takes removed entries off the top.
    private mutating func dropRemoved() {
        while let first = heap.first, sleepers[first.id] == nil {
            let last = heap.removeLast()
            guard !heap.isEmpty else { return }
            heap[0] = last
            sink()
        }
    }

    private mutating func sink() {
        var index = 0
        while true {
            var smallest = index
            for child in [2 * index + 1, 2 * index + 2] where child < heap.count && heap[child] < heap[smallest] {
                smallest = child
            }
            guard smallest != index else { return }
            heap.swapAt(index, smallest)
            index = smallest
        }
    }
}

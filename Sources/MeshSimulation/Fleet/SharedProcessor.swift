import MeshCore

/// The cores of a server, which the requests that are worked on share evenly, none of them on more than one: processor sharing.
///
/// All of them progress at one rate. So it is enough to know how much work has been done for a request that was there from the
/// beginning: another ends when that has grown by its own work since it came.
struct SharedProcessor {
    private struct Entry {
        /// The done work at which it ends.
        let end: Double
        let exchange: Exchange
    }

    /// A binary heap by the end.
    private var heap: ContiguousArray<Entry> = []
    /// In nanoseconds at speed 1.
    private var done = 0.0
    private var updatedAt: UInt64 = 0
    private(set) var cores: Double
    private var speed = 1.0

    init(cores: Double) {
        self.cores = cores
    }

    /// The requests that are worked on.
    var count: Int { heap.count }

    /// The cores that work.
    var busyCores: Double { min(Double(heap.count), cores) }

    /// Other cores or another speed from now on.
    mutating func set(cores: Double, speed: Double, at now: UInt64) {
        advance(to: now)
        self.cores = cores
        self.speed = speed
    }

    /// Begins to work on a request.
    ///
    /// - Complexity: O(log count), as for ``removeFirst(at:)``
    mutating func insert(_ exchange: Exchange, work: Double, at now: UInt64) {
        advance(to: now)
        if heap.isEmpty { done = 0 }
        heap.append(Entry(end: done + work, exchange: exchange))
        var index = heap.count - 1
        while index > 0 {
            let parent = (index - 1) / 2
            guard heap[index].end < heap[parent].end else { break }
            heap.swapAt(index, parent)
            index = parent
        }
    }

    /// When the first request ends if nothing happens before; `nil` without requests.
    var firstEnd: MeshInstant? {
        guard let first = heap.first else { return nil }
        let rest = (max(0, first.end - done) / rate).rounded(.up)
        return MeshInstant(nanoseconds: updatedAt).advanced(byNanoseconds: rest)
    }

    /// Takes out the request that ends first.
    mutating func removeFirst(at now: UInt64) -> Exchange? {
        advance(to: now)
        guard let first = heap.first, let last = heap.popLast() else { return nil }
        guard !heap.isEmpty else { return first.exchange }
        var index = 0
        while true {
            var child = 2 * index + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, heap[child + 1].end < heap[child].end { child += 1 }
            guard heap[child].end < last.end else { break }
            heap[index] = heap[child]
            index = child
        }
        heap[index] = last
        return first.exchange
    }

    /// Takes out all requests.
    mutating func removeAll() -> [Exchange] {
        let exchanges = heap.map(\.exchange)
        heap = []
        return exchanges
    }

    /// How much is done for each request in a nanosecond.
    private var rate: Double { min(1, cores / Double(max(heap.count, 1))) * speed }

    private mutating func advance(to now: UInt64) {
        done += Double(now - updatedAt) * rate
        updatedAt = now
    }
}

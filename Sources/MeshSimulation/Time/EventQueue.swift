/// What happens when: a binary heap of instants, and beside it the things themselves in slots that are used again.
///
/// Of two things at one instant the one that was added first comes first. What is removed leaves its entry in the heap until
/// that comes up, so removing costs nothing.
struct EventQueue<Event> {
    /// Stands for something in the queue, also after it has left.
    struct Token: Sendable {
        fileprivate let slot: Int32
        fileprivate let number: UInt64
    }

    private struct Entry {
        let instant: UInt64
        let number: UInt64
        let slot: Int32

        static func < (lhs: Entry, rhs: Entry) -> Bool {
            lhs.instant < rhs.instant || lhs.instant == rhs.instant && lhs.number < rhs.number
        }
    }

    private struct Slot {
        var event: Event?
        var number: UInt64
    }

    private var heap: ContiguousArray<Entry> = []
    private var slots: ContiguousArray<Slot> = []
    private var free: ContiguousArray<Int32> = []
    private var lastNumber: UInt64 = 0

    /// Takes a place, for something that is added later. ``remove(_:)`` gives it back.
    mutating func reserve() -> Token {
        lastNumber += 1
        guard let slot = free.popLast() else {
            slots.append(Slot(event: nil, number: lastNumber))
            return Token(slot: Int32(slots.count - 1), number: lastNumber)
        }
        slots[Int(slot)].number = lastNumber
        return Token(slot: slot, number: lastNumber)
    }

    /// Puts something in a place that was taken for it. An instant of `.max` never comes.
    mutating func fill(_ token: Token, with event: Event, at instant: UInt64) {
        slots[Int(token.slot)].event = event
        guard instant < .max else { return }
        push(Entry(instant: instant, number: token.number, slot: token.slot))
    }

    /// Adds something.
    ///
    /// - Complexity: O(log n)
    @discardableResult
    mutating func insert(_ event: Event, at instant: UInt64) -> Token {
        let token = reserve()
        fill(token, with: event, at: instant)
        return token
    }

    /// Whether something is in the place.
    func holdsEvent(_ token: Token) -> Bool {
        isCurrent(token) && slots[Int(token.slot)].event != nil
    }

    /// Takes something out before its time, and gives its place back.
    mutating func remove(_ token: Token) -> Event? {
        guard isCurrent(token) else { return nil }
        slots[Int(token.slot)].number = 0
        free.append(token.slot)
        return slots[Int(token.slot)].event.take()
    }

    /// Takes out what comes next.
    ///
    /// - Complexity: O(log n), amortized
    mutating func popFirst() -> (instant: UInt64, event: Event)? {
        while let first = heap.first {
            dropFirst()
            guard slots[Int(first.slot)].number == first.number else { continue }
            slots[Int(first.slot)].number = 0
            free.append(first.slot)
            if let event = slots[Int(first.slot)].event.take() { return (first.instant, event) }
        }
        return nil
    }

    /// Takes out everything, also what never comes, in the order of the places.
    mutating func removeAll() -> [Event] {
        let events = slots.compactMap(\.event)
        heap = []
        slots = []
        free = []
        return events
    }

    /// Whether the place still belongs to whoever took it.
    private func isCurrent(_ token: Token) -> Bool {
        Int(token.slot) < slots.count && slots[Int(token.slot)].number == token.number
    }

    private mutating func push(_ entry: Entry) {
        heap.append(entry)
        var index = heap.count - 1
        while index > 0 {
            let parent = (index - 1) / 2
            guard entry < heap[parent] else { break }
            heap[index] = heap[parent]
            index = parent
        }
        heap[index] = entry
    }

    private mutating func dropFirst() {
        let last = heap.removeLast()
        let count = heap.count
        guard count > 0 else { return }
        var index = 0
        while true {
            var child = 2 * index + 1
            guard child < count else { break }
            if child + 1 < count, heap[child + 1] < heap[child] { child += 1 }
            guard heap[child] < last else { break }
            heap[index] = heap[child]
            index = child
        }
        heap[index] = last
    }
}

import MeshCore

/// The slots of one shard of a ``DeadlineWheel``: doubly linked lists in one array, without an allocation per entry.
struct DeadlineSlots {
    struct Expired {
        let signal: CancellationSignal
        let reason: CancellationSignal.Reason
    }

    private struct Entry {
        var signal: CancellationSignal?
        var reason: CancellationSignal.Reason
        var deadline: UInt64
        var slot: Int32
        var previous: Int32
        var next: Int32
        var generation: UInt32
    }

    /// When an entry is due that time does not reach, such as one for the distant future. Not `.max`, which means that
    /// there is no entry.
    static let never = UInt64.max - 1

    /// The resolution in nanoseconds. A constant, because to divide by anything else takes long.
    static let tick: UInt64 = 1_000_000

    private static let slotCount = 1024
    private static let none: Int32 = -1

    private var entries: ContiguousArray<Entry> = []
    private var free: Int32 = none
    private var heads = ContiguousArray<Int32>(repeating: none, count: slotCount)
    /// A bit for each slot that has an entry.
    private var occupied = ContiguousArray<UInt64>(repeating: 0, count: slotCount / 64)
    /// The last tick whose slot was emptied of what was due.
    private var cursor: UInt64 = 0

    /// How many entries there are.
    private(set) var count = 0

    mutating func insert(
        _ signal: CancellationSignal,
        reason: CancellationSignal.Reason,
        deadline: UInt64
    ) -> (index: Int32, generation: UInt32, due: UInt64) {
        // Rounded up: a slot is due when every deadline in it is.
        let ticks = Self.roundedUp(deadline)
        let slot = Int32(max(ticks, cursor) % UInt64(Self.slotCount))
        let head = heads[Int(slot)]
        var entry = Entry(
            signal: signal,
            reason: reason,
            deadline: deadline,
            slot: slot,
            previous: Self.none,
            next: head,
            generation: 0
        )
        let index: Int32
        if free != Self.none {
            index = free
            free = entries[Int(index)].next
            entry.generation = entries[Int(index)].generation
            entries[Int(index)] = entry
        } else {
            index = Int32(entries.count)
            entries.append(entry)
        }
        if head != Self.none { entries[Int(head)].previous = index }
        heads[Int(slot)] = index
        occupied[Int(slot) >> 6] |= 1 << UInt64(slot & 63)
        count += 1
        return (index, entry.generation, Self.nanoseconds(ticks))
    }

    /// Removes an entry, and returns its signal so that it can be let go outside the lock.
    mutating func remove(_ index: Int32, generation: UInt32) -> CancellationSignal? {
        guard entries.indices.contains(Int(index)), entries[Int(index)].generation == generation else { return nil }
        let (slot, previous, next) = (
            entries[Int(index)].slot, entries[Int(index)].previous, entries[Int(index)].next
        )
        if next != Self.none { entries[Int(next)].previous = previous }
        if previous != Self.none {
            entries[Int(previous)].next = next
        } else {
            heads[Int(slot)] = next
            if next == Self.none { occupied[Int(slot) >> 6] &= ~(1 << UInt64(slot & 63)) }
        }
        let signal = entries[Int(index)].signal.take()
        entries[Int(index)].generation &+= 1
        entries[Int(index)].next = free
        free = index
        count -= 1
        return signal
    }

    /// Removes and returns what is due at `now`.
    mutating func removeExpired(at now: UInt64) -> [Expired] {
        let target = now / Self.tick
        guard count > 0 else {
            cursor = max(cursor, target)
            return []
        }
        var expired: [Expired] = []
        let span = min(target >= cursor ? target - cursor : 0, UInt64(Self.slotCount) - 1)
        for step in 0...span {
            var index = heads[Int((target - step) % UInt64(Self.slotCount))]
            while index != Self.none {
                let entry = entries[Int(index)]
                // An entry of a later round of the wheel stays.
                if entry.deadline <= now, let signal = remove(index, generation: entry.generation) {
                    expired.append(Expired(signal: signal, reason: entry.reason))
                }
                index = entry.next
            }
        }
        cursor = max(cursor, target)
        return expired
    }

    mutating func removeAll() -> [Expired] {
        var all: [Expired] = []
        for index in entries.indices {
            let entry = entries[index]
            guard entry.signal != nil, let signal = remove(Int32(index), generation: entry.generation) else { continue }
            all.append(Expired(signal: signal, reason: entry.reason))
        }
        return all
    }

    /// The earliest instant at which an entry is due, in nanoseconds; `.max` if there is none. To be asked when what was
    /// due has been removed.
    ///
    /// - Complexity: O(1) if an entry is due in this round of the wheel, in the order of the wheel's turning; otherwise
    ///   O(`count`), but then the answer holds for a round.
    var earliestWakeUp: UInt64 {
        guard count > 0 else { return .max }
        let start = cursor + 1
        let first = Int(start % UInt64(Self.slotCount))
        var laterDeadline = UInt64.max
        // The words from the first slot's on, and that word once more for the slots before it.
        for step in 0...(Self.slotCount / 64) {
            let word = ((first >> 6) + step) % (Self.slotCount / 64)
            var bits = occupied[word]
            if step == 0 { bits &= ~0 << UInt64(first & 63) }
            if step == Self.slotCount / 64 { bits &= ~(~0 << UInt64(first & 63)) }
            while bits != 0 {
                let slot = word << 6 + bits.trailingZeroBitCount
                bits &= bits - 1
                let due = (start + UInt64((slot - first + Self.slotCount) % Self.slotCount)) * Self.tick
                var index = heads[slot]
                while index != Self.none {
                    let deadline = entries[Int(index)].deadline
                    if deadline <= due { return due }
                    laterDeadline = min(laterDeadline, deadline)
                    index = entries[Int(index)].next
                }
            }
        }
        return Self.nanoseconds(Self.roundedUp(laterDeadline))
    }

    private static func nanoseconds(_ ticks: UInt64) -> UInt64 {
        let (nanoseconds, overflow) = ticks.multipliedReportingOverflow(by: tick)
        return overflow ? never : nanoseconds
    }

    /// The first turn of the wheel that is not before `deadline`.
    private static func roundedUp(_ deadline: UInt64) -> UInt64 {
        deadline / tick + (deadline % tick == 0 ? 0 : 1)
    }
}

import MeshCore
import Testing

@testable import MeshAdmission

@Suite("Slots of the deadline wheel")
struct DeadlineSlotsTests {
    private static let tick = DeadlineSlots.tick

    private func slots(cursorAt tick: UInt64 = 0) -> DeadlineSlots {
        var slots = DeadlineSlots()
        _ = slots.removeExpired(at: tick * Self.tick)
        return slots
    }

    @discardableResult
    private func insert(_ slots: inout DeadlineSlots, at nanoseconds: UInt64) -> (Int32, UInt32, UInt64) {
        slots.insert(CancellationSignal(), reason: .deadlineExceeded, deadline: nanoseconds)
    }

    @Test(
        "the next wake-up is found wherever cursor and entry stand",
        arguments: [0, 1, 62, 63, 64, 1022, 1023, 1024, 5_000] as [UInt64]
    )
    func earliestWakeUp(cursor: UInt64) {
        for distance in (1...1_100).map(UInt64.init) + [2_048, 10_240, 15_000, 1_000_000] {
            var slots = slots(cursorAt: cursor)
            let due = (cursor + distance) * Self.tick
            #expect(insert(&slots, at: due).2 == due)
            #expect(slots.earliestWakeUp == due, "\(distance) ticks after \(cursor)")
        }
    }

    @Test("of two entries the earlier one counts, in whatever round it is")
    func earlierOfTwo() {
        let distances: [UInt64] = [1, 2, 63, 64, 65, 1_023, 1_024, 1_025, 2_047, 2_048, 2_049, 15_000]
        for cursor: UInt64 in [0, 63, 1_023, 70_000] {
            for first in distances {
                for second in distances {
                    var slots = slots(cursorAt: cursor)
                    insert(&slots, at: (cursor + first) * Self.tick)
                    insert(&slots, at: (cursor + second) * Self.tick - 1)
                    #expect(slots.earliestWakeUp == (cursor + min(first, second)) * Self.tick, "\(first), \(second)")
                }
            }
        }
    }

    @Test("no entry, no wake-up")
    func empty() {
        var slots = slots()
        #expect(slots.earliestWakeUp == .max)
        let (index, generation, _) = insert(&slots, at: 5)
        #expect(slots.earliestWakeUp == Self.tick)
        #expect(slots.remove(index, generation: generation) != nil)
        #expect(slots.earliestWakeUp == .max)
        #expect(slots.removeExpired(at: .max / 2).isEmpty)
    }

    @Test(
        "a deadline fires at its tick: not before, and exactly once",
        arguments: [1, 999_999, 1_000_000, 1_000_001, 1_024_000_000] as [UInt64]
    )
    func fires(deadline: UInt64) {
        var slots = slots()
        let due = insert(&slots, at: deadline).2
        #expect(due >= deadline && due < deadline + Self.tick)
        #expect(slots.removeExpired(at: deadline - 1).isEmpty)
        #expect(slots.removeExpired(at: due).count == 1)
        #expect(slots.removeExpired(at: due + Self.tick).isEmpty)
        #expect(slots.count == 0)
    }

    @Test("a deadline that has passed fires the next time")
    func past() {
        var slots = slots(cursorAt: 5_000)
        for deadline: UInt64 in [0, 4_999 * Self.tick, 5_000 * Self.tick] { insert(&slots, at: deadline) }
        #expect(slots.removeExpired(at: 5_000 * Self.tick).count == 3)
    }

    @Test("a deadline of a later round stays until its own")
    func rounds() {
        var slots = slots()
        for round in 0..<4 { insert(&slots, at: (UInt64(round) * 1_024 + 7) * Self.tick) }
        for round in 0..<4 {
            #expect(slots.removeExpired(at: (UInt64(round) * 1_024 + 6) * Self.tick).isEmpty)
            #expect(slots.removeExpired(at: (UInt64(round) * 1_024 + 7) * Self.tick).count == 1)
            #expect(slots.count == 3 - round)
        }
    }

    @Test("a clock that leaps over rounds leaves nothing behind")
    func leap() {
        var slots = slots(cursorAt: 3)
        for distance in 1...3_000 { insert(&slots, at: (3 + UInt64(distance)) * Self.tick) }
        #expect(slots.removeExpired(at: 4_000 * Self.tick).count == 3_000)
        #expect(slots.earliestWakeUp == .max)
    }

    @Test(
        "entries of one slot come out one by one, in whatever order",
        arguments: [[0, 1, 2], [2, 1, 0], [1, 0, 2], [1, 2, 0]]
    )
    func unlinking(order: [Int]) {
        var slots = slots()
        let tokens = (0..<3).map { _ in insert(&slots, at: 5 * Self.tick) }
        for (done, index) in order.enumerated() {
            #expect(slots.earliestWakeUp == 5 * Self.tick)
            #expect(slots.remove(tokens[index].0, generation: tokens[index].1) != nil)
            #expect(slots.remove(tokens[index].0, generation: tokens[index].1) == nil)
            #expect(slots.count == 2 - done)
        }
        #expect(slots.earliestWakeUp == .max)
    }

    @Test("a token does nothing to the entry that took its place")
    func generations() {
        var slots = slots()
        let old = insert(&slots, at: 5 * Self.tick)
        #expect(slots.remove(old.0, generation: old.1) != nil)
        let new = insert(&slots, at: 6 * Self.tick)
        #expect(new.0 == old.0)
        #expect(slots.remove(old.0, generation: old.1) == nil)
        #expect(slots.count == 1)
        #expect(slots.removeExpired(at: 6 * Self.tick).count == 1)
        let third = insert(&slots, at: 7 * Self.tick)
        #expect(slots.remove(new.0, generation: new.1) == nil)
        #expect(slots.remove(third.0, generation: third.1) != nil)
        #expect(slots.remove(99, generation: 0) == nil)
        #expect(slots.remove(-1, generation: 0) == nil)
    }

    @Test("the end of time is never due, and never wraps")
    func distantFuture() {
        var slots = slots(cursorAt: 3_600_000)
        for deadline: UInt64 in [.max, .max - 1, .max - Self.tick] { insert(&slots, at: deadline) }
        #expect(slots.earliestWakeUp > UInt64.max - 3 * Self.tick)
        #expect(slots.earliestWakeUp < .max)
        #expect(slots.removeExpired(at: 3_700_000 * Self.tick).isEmpty)
        #expect(slots.removeAll().count == 3)
        #expect(slots.count == 0)
    }

    @Test("agrees with a list of deadlines, whatever is done to both", arguments: [1, 2, 3, 4] as [UInt64])
    func model(seed: UInt64) throws {
        struct Armed {
            let deadline: UInt64
            let token: (Int32, UInt32, UInt64)
        }
        var random = SplitMix64(seed: seed)
        var now = random.next() % (20_000 * Self.tick)
        var slots = DeadlineSlots()
        var model: [ObjectIdentifier: Armed] = [:]
        var signals: [ObjectIdentifier: CancellationSignal] = [:]
        var inserted = 0
        while inserted < 10_000 {
            switch random.next() % 8 {
            case 0...4:
                // From two ticks ago to five rounds ahead, half of them near.
                let reach = random.next() & 1 == 0 ? 50 * Self.tick : 5_000 * Self.tick
                let deadline = now - min(now, 2 * Self.tick) + random.next() % reach
                let signal = CancellationSignal()
                let token = slots.insert(signal, reason: .attemptTimedOut, deadline: deadline)
                signals[ObjectIdentifier(signal)] = signal
                model[ObjectIdentifier(signal)] = Armed(deadline: deadline, token: token)
                inserted += 1
            case 5:
                guard let (id, armed) = model.randomElement(using: &random) else { continue }
                let removed = slots.remove(armed.token.0, generation: armed.token.1)
                #expect(removed.map(ObjectIdentifier.init) == id)
                model[id] = nil
            default:
                now += random.next() % (random.next() & 15 == 0 ? 3_000 * Self.tick : 3 * Self.tick)
                for expired in slots.removeExpired(at: now) {
                    let armed = model.removeValue(forKey: ObjectIdentifier(expired.signal))
                    #expect(armed != nil, "fired what was not armed")
                    #expect((armed?.deadline ?? .max) <= now, "fired early")
                }
                let dues = model.values.map { ($0.deadline + Self.tick - 1) / Self.tick * Self.tick }
                #expect(dues.allSatisfy { $0 > now }, "more than a tick late")
                #expect(slots.earliestWakeUp == dues.min() ?? .max)
            }
            #expect(slots.count == model.count)
        }
    }
}

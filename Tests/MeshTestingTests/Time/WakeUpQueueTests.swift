import MeshCore
import Synchronization
import Testing

@testable import MeshTesting

struct WakeUpQueueTests {
    /// An instant that counts how often it is compared.
    private struct Counted: Comparable {
        static let zero = Counted(value: 0, comparisons: nil)

        final class Comparisons: Sendable {
            let count = Atomic(0)
        }

        let value: Int
        let comparisons: Comparisons?

        static func == (lhs: Counted, rhs: Counted) -> Bool { lhs.value == rhs.value }

        static func < (lhs: Counted, rhs: Counted) -> Bool {
            lhs.comparisons?.count.wrappingAdd(1, ordering: .relaxed)
            return lhs.value < rhs.value
        }
    }

    @Test(arguments: [UInt64(1), 2, 3])
    func `sleepers are woken by instant, then in the order in which they came`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var queue = WakeUpQueue<Int, UInt64>()
        var expected: [(Int, UInt64)] = []
        for id in 1...500 as ClosedRange<UInt64> {
            let instant = Int.random(in: 0..<50, using: &random)
            queue.insert(id, id: id, at: instant)
            expected.append((instant, id))
            if Int.random(in: 0..<3, using: &random) == 0 {
                let index = expected.indices.randomElement(using: &random) ?? 0
                #expect(queue.remove(expected[index].1) == expected[index].1)
                #expect(queue.remove(expected[index].1) == nil)
                expected.remove(at: index)
            }
            #expect(queue.count == expected.count)
            #expect(queue.next == expected.map(\.0).min())
        }
        expected.sort { $0 < $1 }
        #expect(queue.popFirst(upTo: -1) == nil)
        for (instant, id) in expected {
            let first = queue.popFirst(upTo: 50)
            #expect(first?.instant == instant && first?.sleeper == id)
        }
        #expect(queue.popFirst(upTo: 50) == nil && queue.next == nil && queue.count == 0)
    }

    @Test(arguments: [true, false])
    func `ten thousand sleepers cost each of them a few comparisons`(areWoken: Bool) {
        let comparisons = Counted.Comparisons()
        var random = SplitMix64(seed: 7)
        var queue = WakeUpQueue<Counted, Void>()
        for id in 1...10_000 as ClosedRange<UInt64> {
            let instant = Counted(value: Int.random(in: 0..<100_000, using: &random), comparisons: comparisons)
            queue.insert((), id: id, at: instant)
        }
        if areWoken {
            while queue.popFirst(upTo: Counted(value: .max, comparisons: comparisons)) != nil { _ = queue.next }
        } else {
            for id in (1...10_000 as ClosedRange<UInt64>).shuffled(using: &random) { _ = queue.remove(id) }
        }
        #expect(queue.count == 0)
        // Two children on each of at most 14 levels, and equal instants compared twice; all sleepers would be 10,000.
        #expect(comparisons.count.load(ordering: .relaxed) < 10_000 * 4 * 14)
    }
}

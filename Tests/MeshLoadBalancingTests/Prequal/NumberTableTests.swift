import MeshCore
import Testing

@testable import MeshLoadBalancing

struct NumberTableTests {
    @Test func `nothing is in an empty one`() {
        let table = NumberTable([])
        #expect([0, 1, .max].allSatisfy { table.index(of: $0) == nil })
    }

    @Test(arguments: [1, 2, 3, 4, 7, 8, 100, 5000])
    func `it finds where numbers stand, and none that is not there`(count: Int) {
        var random = SplitMix64(seed: UInt64(count))
        let inOrder = (0..<UInt32(count)).map { $0 + 1000 }
        let drawn = Array(Set((0..<count).map { _ in UInt32.random(in: 0 ... .max, using: &random) })) + [0, .max]
        // With the same lower bits.
        let alike = (0..<UInt32(count)).map { $0 << 19 }
        for numbers in [inOrder, inOrder.shuffled(using: &random), Array(Set(drawn)), alike] {
            let table = NumberTable(numbers)
            let indexes = Dictionary(uniqueKeysWithValues: zip(numbers, numbers.indices))
            let others = (0..<1000).map { _ in UInt32(truncatingIfNeeded: random.next()) }
            let asked = numbers + numbers.map { $0 &+ 1 } + others
            #expect(asked.filter { table.index(of: $0) != indexes[$0] }.isEmpty)
        }
    }
}

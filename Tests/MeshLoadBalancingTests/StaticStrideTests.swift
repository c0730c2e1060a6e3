import MeshCore
import Testing

@testable import MeshLoadBalancing

@Suite("Static stride")
struct StaticStrideTests {
    private func picks(_ weights: [UInt32], _ count: Int, from sequence: UInt64 = 0) -> [Int] {
        let strides = StaticStride.scaled(weights)
        var sequence = sequence
        return (0..<count).map { _ in StaticStride.next(&sequence, strides: strides, count: weights.count) }
    }

    @Test("weights are scaled to 65,535, and none becomes zero")
    func scaled() {
        #expect(StaticStride.scaled([1, 1]) == [65_535, 65_535])
        #expect(StaticStride.scaled([1, 2, 3]) == [21_845, 43_690, 65_535])
        #expect(StaticStride.scaled([1, .max]) == [1, 65_535])
        #expect(StaticStride.scaled([7]) == [65_535])
    }

    // Computed by hand from gRFC A58: endpoint i is skipped in round r if (w * r + i * 32767) mod 65535 < 65535 - w.
    @Test(
        "follows gRFC A58",
        arguments: [
            ([1, 1, 1], [0, 1, 2, 0, 1, 2, 0, 1, 2]),
            ([2, 1], [0, 0, 1, 0, 0, 1, 0, 0, 1]),
            ([1, 2], [1, 0, 1, 1, 0, 1]),
            ([1, 2, 3], [2, 1, 2, 0, 1, 2, 2, 1, 2, 0, 1, 2]),
        ] as [([UInt32], [Int])]
    )
    func vectors(weights: [UInt32], expected: [Int]) {
        // The strides of the example, by the rule itself, written down naively.
        let strides = StaticStride.scaled(weights).map(Int.init)
        var byRule: [Int] = []
        var sequence = 0
        while byRule.count < expected.count {
            let (round, index) = sequence.quotientAndRemainder(dividingBy: weights.count)
            sequence += 1
            if (strides[index] * round + index * 32_767) % 65_535 >= 65_535 - strides[index] { byRule.append(index) }
        }
        #expect(picks(weights, expected.count) == byRule)
        for index in weights.indices {
            #expect(byRule.count { $0 == index } == expected.count { $0 == index }, "shares of \(weights)")
        }
    }

    @Test(
        "weights are honoured to within a pick or two over any stretch",
        arguments: [[1, 2, 3], [5, 1, 1], [10, 20, 30, 40], [100, 1, 1, 1], [3, 3, 3, 4]] as [[UInt32]],
        [0, 12_345, UInt64(UInt32.max)]
    )
    func even(weights: [UInt32], from sequence: UInt64) {
        let total = weights.reduce(0, +)
        let rounds = 200
        let all = picks(weights, rounds * Int(total), from: sequence)
        for (index, weight) in weights.enumerated() {
            let share = all.count { $0 == index }
            #expect(
                abs(share - rounds * Int(weight)) <= 2 + rounds * Int(weight) / 200,
                "\(index) of \(weights): \(share)"
            )
            // Interleaved, not bunched: no gap is much longer than the mean.
            let positions = all.indices.filter { all[$0] == index }
            let longest = zip(positions, positions.dropFirst()).map { $1 - $0 }.max() ?? 0
            #expect(longest <= 2 * Int(total / weight) + weights.count, "\(index) of \(weights): gap of \(longest)")
        }
    }

    @Test("equal weights are a plain round robin from wherever it starts")
    func plain() {
        var sequence: UInt64 = 7
        let picks = (0..<6).map { _ in StaticStride.next(&sequence, strides: [], count: 3) }
        #expect(picks == [1, 2, 0, 1, 2, 0])
        var last = UInt64.max
        #expect(StaticStride.next(&last, strides: [], count: 3) == 0)
        #expect(last == 0)
    }
}

import MeshCore
import Testing

@testable import MeshLoadBalancing

@Suite("The alias table")
struct AliasTableTests {
    @Test(
        "draws by weight (chi-square at 0.1 %)",
        arguments: [
            ([1, 2, 3, 4], 16.27), ([1, 1, 1, 1, 1], 18.47), ([1000, 1], 10.83), ([0, 1, 0, 3], 10.83), ([7], 0),
            ([1, 4_000_000_000, 4_000_000_000], 13.82),
            (Array(1...101), 149.45),
        ] as [([UInt32], Double)]
    )
    func chiSquare(weights: [UInt32], critical: Double) {
        let table = AliasTable(weights)
        var random = SplitMix64(seed: 5)
        let draws = 400_000
        var counts = Array(repeating: 0, count: weights.count)
        for _ in 0..<draws { counts[table.draw(using: &random)] += 1 }
        let total = weights.reduce(0) { $0 + Double($1) }
        var chiSquare = 0.0
        for (count, weight) in zip(counts, weights) {
            let expected = Double(draws) * Double(weight) / total
            guard weight > 0 else {
                #expect(count == 0)
                continue
            }
            // An expectation below one says nothing.
            if expected > 1 { chiSquare += (Double(count) - expected) * (Double(count) - expected) / expected }
        }
        #expect(chiSquare <= critical)
    }

    private func nodes(_ set: EndpointSet) -> ContiguousArray<EndpointNode> {
        let surroundings = EndpointNode.Surroundings(policy: .peakEWMA, stripes: 1, drained: { _ in })
        return ContiguousArray(
            set.endpoints.map {
                let latency = surroundings.metric.initial(at: .start)
                let state = EndpointState(health: AlwaysHealthy(), latency: latency, at: .start)
                return EndpointNode(endpoint: $0, state: state, in: surroundings)
            }
        )
    }

    @Test("two draws are different, each pair of equal weights as likely as any other")
    func pairs() {
        let group = EndpointGroup(nodes(.of(5)), policy: .random)
        var random = SplitMix64(seed: 6)
        var counts: [Int: Int] = [:]
        for _ in 0..<200_000 {
            let (first, second) = group.drawTwo(using: &random)
            #expect(first != second)
            counts[first * 5 + second, default: 0] += 1
        }
        #expect(counts.count == 20)
        let chiSquare = counts.values.reduce(0.0) { $0 + (Double($1) - 10_000) * (Double($1) - 10_000) / 10_000 }
        #expect(chiSquare < 43.82)
    }

    @Test("two draws are different even where one endpoint has nearly all the weight")
    func lopsided() {
        let group = EndpointGroup(nodes(.weighted([.max, 1, 1])), policy: .random)
        var random = SplitMix64(seed: 7)
        var seen: Set<Int> = []
        for _ in 0..<1_000 {
            let (first, second) = group.drawTwo(using: &random)
            #expect(first != second && first == 0)
            seen.insert(second)
        }
        #expect(seen == [1, 2])
    }
}

import MeshCore
import Testing

@testable import MeshLoadBalancing

@Suite("The loads of priorities")
struct PriorityLoadsTests {
    /// Envoy's documentation, `priority.rst` and `panic_threshold.rst`, in percent.
    struct Row: Sendable, CustomTestStringConvertible {
        var available: [Int]
        var loads: [Int]
        var panics: [Bool]
        var testDescription: String { "\(available) -> \(loads)" }

        init(_ available: [Int], _ loads: [Int], panics: [Bool]? = nil) {
            self.available = available
            self.loads = loads
            self.panics = panics ?? available.map { _ in false }
        }
    }

    @Test(
        "spill over as in Envoy",
        arguments: [
            Row([100, 100], [100, 0]), Row([72, 100], [100, 0]), Row([71, 100], [99, 1]), Row([50, 100], [70, 30]),
            Row([25, 100], [35, 65]), Row([0, 100], [0, 100]),
            Row([25, 25], [50, 50], panics: [true, true]),
            Row([25, 25, 20], [36, 36, 28], panics: [true, true, true]),
            Row([5, 65], [7, 93], panics: [true, false]),
            Row([0, 0], [100, 0], panics: [true, false]),
            Row([100], [100]), Row([49], [100], panics: [true]), Row([50], [100]),
        ]
    )
    func table(row: Row) {
        let loads = PriorityLoads(row.available.map { ($0, 100) }, overprovisioning: 140, panicThreshold: 0.5)
        #expect(loads.levels.map(\.load) == row.loads)
        #expect(loads.levels.map(\.isPanic) == row.panics)
    }

    @Test("loads add up to 100 whatever is available, and nobody is asked who is not there")
    func sums() {
        var random = SplitMix64(seed: 1)
        for _ in 0..<5_000 {
            let counts = (0..<Int.random(in: 1...5, using: &random)).map { _ in
                let total = Int.random(in: 0...40, using: &random)
                return (available: Int.random(in: 0...total, using: &random), total: total)
            }
            let overprovisioning = Int.random(in: 100...300, using: &random)
            let loads = PriorityLoads(counts, overprovisioning: overprovisioning, panicThreshold: 0.5).levels
            let sum = loads.reduce(0) { $0 + $1.load }
            #expect(sum == (counts.contains { $0.total > 0 } ? 100 : 0), "\(counts)")
            for (count, load) in zip(counts, loads) where count.total == 0 { #expect(load.load == 0) }
        }
    }

    @Test("without a panic threshold nobody panics")
    func noPanic() {
        let loads = PriorityLoads([(1, 100), (0, 100)], overprovisioning: 140, panicThreshold: .zero)
        #expect(loads.levels.allSatisfy { !$0.isPanic })
        #expect(loads.levels[0].load == 100)
    }
}

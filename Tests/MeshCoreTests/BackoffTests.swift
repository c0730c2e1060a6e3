import MeshCore
import Testing

@Suite struct BackoffTests {
    private func waits(_ backoff: Backoff, retry number: Int, count: Int = 2_000) -> [Double] {
        (0..<count).map { seed in
            var random = SplitMix64(seed: UInt64(seed))
            return backoff.wait(beforeRetry: number, using: &random).inSeconds
        }
    }

    /// Whether each tenth of the range has its tenth of the values, give or take five standard deviations.
    private func fill(_ values: [Double], _ range: ClosedRange<Double>) -> Bool {
        var parts = [Int](repeating: 0, count: 10)
        for value in values {
            guard range.contains(value) else { return false }
            parts[min(Int((value - range.lowerBound) / (range.upperBound - range.lowerBound) * 10), 9)] += 1
        }
        let expected = Double(values.count) / 10
        return parts.allSatisfy { abs(Double($0) - expected) < 5 * (expected * 0.9).squareRoot() }
    }

    private static let ceilings: [(Int, Double)] = [
        (1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (8, 60), (1_000, 60), (.max, 60), (0, 1), (-3, 1),
    ]

    @Test(arguments: ceilings)
    func `jitter has its whole range at the first wait and at the cap`(number: Int, ceiling: Double) {
        let full = Backoff(base: .seconds(1), maximum: .seconds(60), jitter: .full)
        #expect(fill(waits(full, retry: number), 0...ceiling))
        let equal = Backoff(base: .seconds(1), maximum: .seconds(60), jitter: .equal)
        #expect(fill(waits(equal, retry: number), (ceiling / 2)...ceiling))
    }

    @Test func `decorrelated waits lie between the base and three times the wait before`() {
        let backoff = Backoff(base: .seconds(1), maximum: .seconds(60), jitter: .decorrelated)
        #expect(fill(waits(backoff, retry: 1), 1...3))
        for previous in [1, 2, 10, 19] {
            let drawn = (0..<2_000).map { seed in
                var random = SplitMix64(seed: UInt64(seed))
                return backoff.wait(beforeRetry: 9, after: .seconds(previous), using: &random).inSeconds
            }
            #expect(fill(drawn, 1...Double(previous * 3)))
        }
        // At the cap most are capped, but not all: the spread does not shrink to nothing.
        let capped = (0..<2_000).map { seed in
            var random = SplitMix64(seed: UInt64(seed))
            return backoff.wait(beforeRetry: 9, after: .seconds(60), using: &random).inSeconds
        }
        #expect(capped.count { $0 == 60 } < 1_500)
        #expect((capped.min() ?? 60) < 3)
    }

    @Test(arguments: [Backoff.Jitter.full, .equal, .decorrelated])
    func `a constant backoff takes no longer for a large number`(jitter: Backoff.Jitter) {
        let backoff = Backoff(base: .seconds(1), maximum: .seconds(60), factor: 1, jitter: jitter)
        var random = SplitMix64(seed: 1)
        #expect(backoff.wait(beforeRetry: .max, using: &random) <= .seconds(3))
    }

    @Test(arguments: [Backoff.Jitter.full, .equal, .decorrelated])
    func `the longest durations do not overflow`(jitter: Backoff.Jitter) {
        let backoff = Backoff(
            base: .seconds(Int64.max),
            maximum: .seconds(Int64.max),
            factor: .infinity,
            jitter: jitter
        )
        var random = SplitMix64(seed: 1)
        #expect(backoff.wait(beforeRetry: 5, after: .seconds(Int64.max), using: &random) >= .zero)
    }

    @Test func `a maximum lowered below the base wins`() {
        for jitter in [Backoff.Jitter.full, .equal, .decorrelated] {
            var backoff = Backoff(base: .seconds(10), maximum: .seconds(60), jitter: jitter)
            backoff.maximum = .seconds(2)
            #expect(waits(backoff, retry: 3).allSatisfy { $0 <= 2 })
        }
    }

    @Test func `the same seed waits the same`() {
        let backoff = Backoff(base: .seconds(1), maximum: .seconds(60))
        #expect(waits(backoff, retry: 3) == waits(backoff, retry: 3))
    }
}

import MeshCore
import Testing

@Suite struct DecayingAverageTests {
    private func instant(_ seconds: Double) -> MeshInstant {
        MeshInstant(nanoseconds: 3_600_000_000_000).advanced(by: .nanoseconds(Int64(seconds * 1e9)))
    }

    private func isClose(_ value: Double?, _ expected: Double) -> Bool {
        value.map { abs($0 - expected) < 1e-9 * max(1, abs(expected)) } ?? false
    }

    @Test func `the first observation is the average`() {
        var average = DecayingAverage(decay: .seconds(10))
        #expect(average.value == nil)
        #expect(average.decayed(at: instant(0)) == 0)
        #expect(average.observe(42, at: instant(0)) == 42)
    }

    @Test func `an observation counts by the time since the last`() {
        var average = DecayingAverage(decay: .seconds(10))
        average.observe(100, at: instant(0))
        // exp(-1) = 0.36787944117144233
        #expect(isClose(average.observe(0, at: instant(10)), 36.787944117144233))
        // exp(-0.5) = 0.6065306597126334; 50 * (1 - w) + 36.78... * w
        #expect(
            isClose(
                average.observe(50, at: instant(15)),
                50 * (1 - 0.6065306597126334) + 36.787944117144233 * 0.6065306597126334
            )
        )
    }

    @Test func `what is simultaneous or older changes nothing`() {
        var average = DecayingAverage(decay: .seconds(10))
        average.observe(100, at: instant(5))
        #expect(average.observe(0, at: instant(5)) == 100)
        #expect(average.observe(0, at: instant(1)) == 100)
        #expect(average.updatedAt == instant(5))
    }

    @Test func `a peak is taken at once and left slowly`() {
        var average = DecayingAverage(decay: .seconds(10))
        average.observePeak(10, at: instant(0))
        #expect(average.observePeak(500, at: instant(0)) == 500)
        #expect(isClose(average.observePeak(0, at: instant(10)), 500 * 0.36787944117144233))
        #expect(average.observePeak(500, at: instant(9)) == 500)
        #expect(average.updatedAt == instant(10))
    }

    @Test func `reading what is left does not change it`() {
        var average = DecayingAverage(decay: .seconds(10))
        average.observe(100, at: instant(0))
        #expect(isClose(average.decayed(at: instant(20)), 100 * 0.1353352832366127))
        #expect(average.decayed(at: instant(0)) == 100)
        #expect(average.value == 100)
        #expect(average.decayed(at: .distantFuture) == 0)
    }

    @Test func `a constant stays itself whatever the intervals`() {
        var average = DecayingAverage(decay: .seconds(10))
        var random = SplitMix64(seed: 9)
        var now = instant(0)
        for _ in 0..<1000 {
            now = now.advanced(by: .nanoseconds(Int64(random.next() % 20_000_000_000)))
            #expect(isClose(average.observe(7, at: now), 7))
        }
    }
}

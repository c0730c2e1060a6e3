import MeshCore
import Testing

@Suite struct SlidingWindowTests {
    private func instant(_ seconds: Double) -> MeshInstant {
        MeshInstant(nanoseconds: 3_600_000_000_000).advanced(by: .nanoseconds(Int64(seconds * 1e9)))
    }

    @Test func `a burst in one nanosecond counts in full`() {
        var window = SlidingWindow(.seconds(30))
        for _ in 1...1000 { window.recordFailure(at: instant(0)) }
        for _ in 1...3000 { window.recordSuccess(at: instant(0)) }
        #expect(window.failures == 1000)
        #expect(window.total == 4000)
    }

    @Test func `successes that were counted elsewhere go where they would have gone`() {
        var (one, other) = (SlidingWindow(.seconds(10)), SlidingWindow(.seconds(10)))
        for second in 0..<40 {
            one.recordSuccess(at: instant(Double(second)))
            other.recordSuccess(at: instant(Double(second)))
            #expect(one.bucketEnd > instant(Double(second)))
            for _ in 0..<second { one.recordSuccess(at: instant(Double(second) + 0.5)) }
            other.addSuccesses(second)
            #expect(one == other)
        }
    }

    @Test func `results leave one bucket at a time`() {
        var window = SlidingWindow(.seconds(10), buckets: 10)
        for second in 0..<10 { window.recordSuccess(at: instant(Double(second) + 0.5)) }
        #expect(window.total == 10)
        for second in 10...20 {
            window.advance(to: instant(Double(second)))
            #expect(window.total == max(0, 19 - second))
        }
    }

    @Test func `an idle gap longer than the window empties it`() {
        var window = SlidingWindow(.seconds(30))
        for _ in 1...10 { window.recordFailure(at: instant(0)) }
        window.recordSuccess(at: instant(30.1))
        #expect((window.successes, window.failures) == (1, 0))
        window.recordSuccess(at: instant(100_000))
        #expect(window.total == 1)
    }

    @Test func `time that goes back is ignored`() {
        var window = SlidingWindow(.seconds(10))
        window.recordSuccess(at: instant(5))
        window.recordFailure(at: instant(1))
        window.recordFailure(at: .zero)
        #expect((window.successes, window.failures) == (1, 2))
        window.advance(to: instant(14.9))
        #expect(window.total == 3)
        window.advance(to: instant(15))
        #expect(window.total == 0)
    }

    @Test func `the end of time does not trap`() {
        var window = SlidingWindow(.seconds(10))
        for _ in 1...30 { window.recordSuccess(at: .distantFuture) }
        #expect(window.total > 0)
    }

    @Test func `removing everything leaves a window that counts`() {
        var window = SlidingWindow(.seconds(10))
        window.recordFailure(at: instant(0))
        window.removeAll()
        #expect(window.total == 0)
        window.recordSuccess(at: instant(0))
        window.advance(to: instant(20))
        #expect(window.total == 0)
    }

    @Test(arguments: [(1, 1.0), (3, 1.0), (10, 30), (7, 0.001)])
    func `it agrees with a list of results`(buckets: Int, seconds: Double) {
        let duration = Duration.nanoseconds(Int64(seconds * 1e9))
        var window = SlidingWindow(duration, buckets: buckets)
        let width = UInt64(duration.clampedNanoseconds) / UInt64(buckets)
        var results: [(slot: UInt64, success: Bool)] = []
        var random = SplitMix64(seed: 5)
        var now = instant(0).nanoseconds
        for _ in 0..<2_000 {
            now += random.next() % (random.next() % 50 == 0 ? width * UInt64(buckets) * 2 : width)
            let success = random.next() % 3 == 0
            if success {
                window.recordSuccess(at: MeshInstant(nanoseconds: now))
            } else {
                window.recordFailure(at: MeshInstant(nanoseconds: now))
            }
            results.append((now / width, success))
            results.removeAll { $0.slot + UInt64(buckets) <= now / width }
            #expect(window.successes == results.count { $0.success })
            #expect(window.total == results.count)
        }
    }
}

import MeshCore
import Testing

@testable import MeshLoadBalancing

struct PeakEWMAModelTests {
    @Test(arguments: [UInt64(1), 2, 3])
    func `peak EWMA in one word agrees with the average that it stands for`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let metric = PeakEWMA()
        var now = MeshInstant(nanoseconds: 3_600_000_000_000)
        var packed = metric.initial(at: now)
        var exact = DecayingAverage(decay: metric.decay)
        exact.observe(Double(metric.defaultLatency.clampedNanoseconds), at: now)
        for _ in 0..<2000 {
            now = now.advanced(by: .microseconds(Int.random(in: 1000...2_000_000, using: &random)))
            let latency = UInt64.random(in: 1_000...500_000_000, using: &random)
            packed = metric.observing(.success, latency: latency, in: packed, at: now)
            let average = exact.observePeak(Double(latency), at: now)
            #expect(abs(Double(packed.nanoseconds) - average) < average * 0.01)
        }
    }
}

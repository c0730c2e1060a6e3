import MeshCore
import Testing

@testable import MeshLoadBalancing

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Android)
import Android
#endif

@Suite("Peak EWMA")
struct PeakEWMATests {
    private let metric = PeakEWMA()

    private func milliseconds(_ packed: PeakEWMA.Packed, _ metric: PeakEWMA? = nil, at now: MeshInstant) -> Double {
        Double((metric ?? self.metric).latency(packed, at: now)) / 1e6
    }

    private func observing(
        _ outcome: Outcome,
        milliseconds: Double,
        in packed: PeakEWMA.Packed,
        at now: MeshInstant
    ) -> PeakEWMA.Packed {
        metric.observing(outcome, latency: UInt64(milliseconds * 1e6), in: packed, at: now)
    }

    /// What a node has whose average was just set.
    private func average(of milliseconds: Double, at now: MeshInstant = .start) -> PeakEWMA.Packed {
        observing(.success, milliseconds: milliseconds, in: PeakEWMA(defaultLatency: .zero).initial(at: now), at: now)
    }

    private func isClose(_ value: Double, _ expected: Double, within: Double = 0.001) -> Bool {
        abs(value - expected) <= within * max(abs(expected), 1e-6)
    }

    @Test("a new endpoint has the default latency, which decays", arguments: [0.0, 0.01, 0.3, 1, 5, 10, 30, 100, 600])
    func decay(seconds: Double) {
        let initial = metric.initial(at: .start)
        let value = milliseconds(initial, at: .start + .nanoseconds(Int64(seconds * 1e9)))
        #expect(isClose(value, 30 * exp(-seconds / 10)), "\(value)")
    }

    @Test("a latency above the average replaces it, however short the time")
    func peak() {
        let node = average(of: 10)
        #expect(isClose(milliseconds(observing(.success, milliseconds: 500, in: node, at: .start), at: .start), 500))
        let later = MeshInstant.start + .seconds(5)
        #expect(isClose(milliseconds(observing(.success, milliseconds: 11, in: node, at: later), at: later), 11))
    }

    @Test(
        "a latency below it counts by the time since the last one",
        arguments: [0.001, 0.01, 0.1, 0.3, 0.32, 1, 10, 20, 1_000]
    )
    func blending(seconds: Double) {
        let now = MeshInstant.start + .nanoseconds(Int64(seconds * 1e9))
        let node = observing(.success, milliseconds: 10, in: average(of: 100), at: now)
        let weight = exp(-seconds / 10)
        #expect(isClose(milliseconds(node, at: now), 10 * (1 - weight) + 100 * weight))
    }

    @Test("many short steps come to the same as one long one")
    func steps() {
        var node = average(of: 100)
        var now = MeshInstant.start
        for _ in 0..<10_000 {
            now = now + .milliseconds(1)
            node = observing(.success, milliseconds: 10, in: node, at: now)
        }
        #expect(isClose(milliseconds(node, at: now), 10 + 90 * exp(-1), within: 0.01))
    }

    @Test("an inconclusive result changes nothing")
    func inconclusive() {
        let node = average(of: 10)
        #expect(observing(.inconclusive, milliseconds: 9_999, in: node, at: .start + .seconds(60)) == node)
    }

    @Test(
        "a failure counts as the penalty, what it took, or what it asked for, whichever is longest",
        arguments: [
            (Outcome.failure, 1.0, 1_000.0),
            (.failure, 2_500, 2_500),
            (Outcome(.overloaded), 1, 1_000),
            (Outcome(.overloaded, retryAfter: .seconds(20)), 1, 20_000),
            (Outcome(.failure, retryAfter: .seconds(300)), 1, 300_000),
            (Outcome(.failure, retryAfter: .seconds(86_400)), 1, 300_000),
            (Outcome(.failure, retryAfter: .seconds(Int64.max)), 1, 300_000),
            (Outcome(.failure, retryAfter: .milliseconds(5)), 1, 1_000),
            (Outcome(.failure, retryAfter: .seconds(-5)), 1, 1_000),
        ]
    )
    func failures(outcome: Outcome, took: Double, expected: Double) {
        let node = observing(outcome, milliseconds: took, in: average(of: 10), at: .start + .seconds(1))
        #expect(isClose(milliseconds(node, at: .start + .seconds(1)), expected))
    }

    @Test("a Retry-After on a success is not believed: the endpoint did its work")
    func successWithRetryAfter() {
        let node = observing(
            Outcome(.success, retryAfter: .seconds(60)),
            milliseconds: 20,
            in: average(of: 10),
            at: .start
        )
        #expect(isClose(milliseconds(node, at: .start), 20))
    }

    @Test("a failure never improves an average, even one above the penalty")
    func failureOfASlowEndpoint() {
        let now = MeshInstant.start + .seconds(3)
        let slow = average(of: 60_000)
        let before = milliseconds(slow, at: now)
        let after = milliseconds(observing(.failure, milliseconds: 1, in: slow, at: now), at: now)
        #expect(after >= before)
    }

    @Test("one failure of an endpoint that answers in 20 ms is forgotten after about 40 seconds")
    func recovery() {
        let node = observing(.failure, milliseconds: 1, in: average(of: 20), at: .start)
        #expect(milliseconds(node, at: .start + .seconds(38)) > 20)
        #expect(milliseconds(node, at: .start + .seconds(40)) < 20)
    }

    @Test("an observation from before the last one, as threads may deliver it, neither decays nor turns back time")
    func reordered() {
        let now = MeshInstant.start + .seconds(10)
        let node = average(of: 100, at: now)
        let early = now + .milliseconds(-5)
        #expect(milliseconds(node, at: early) == milliseconds(node, at: now))
        #expect(observing(.success, milliseconds: 10, in: node, at: early) == node)
        let raised = observing(.success, milliseconds: 200, in: node, at: early)
        #expect(isClose(milliseconds(raised, at: now), 200))
        #expect(raised.stamp == node.stamp)
    }

    @Test(
        "idle for hours, days or weeks, an endpoint is not stuck with what it was",
        arguments: [
            Duration.seconds(3_600), .seconds(36_000), .seconds(86_400), .seconds(4 * 86_400), .seconds(5 * 86_400),
            .seconds(30 * 86_400),
        ],
        [Duration.milliseconds(100), .seconds(1), .seconds(10), .seconds(60)]
    )
    func idle(pause: Duration, decay: Duration) {
        let metric = PeakEWMA(decay: decay)
        var now = MeshInstant.start
        var node = metric.observing(.failure, latency: 1_000_000, in: metric.initial(at: now), at: now)
        now = now + pause
        // Whatever the counter of its stamp came to: within a few decays of new observations the old value is gone.
        for _ in 0..<100 {
            now = now + .nanoseconds(decay.clampedNanoseconds / 10)
            node = metric.observing(.success, latency: 20_000_000, in: node, at: now)
        }
        #expect(isClose(Double(metric.latency(node, at: now)) / 1e6, 20, within: 0.01))
    }

    @Test(
        "decays from a nanosecond to centuries work",
        arguments: [Duration.nanoseconds(1), .nanoseconds(150), .microseconds(1), .seconds(Int64.max)]
    )
    func extremeDecays(decay: Duration) {
        let metric = PeakEWMA(decay: decay)
        let node = metric.observing(.success, latency: 1_000_000, in: metric.initial(at: .start), at: .start)
        let now = MeshInstant.start + .nanoseconds(min(decay.clampedNanoseconds, 1 << 40))
        let expected = 30 * exp(-Double(min(decay.clampedNanoseconds, 1 << 40)) / Double(decay.clampedNanoseconds))
        #expect(isClose(Double(metric.latency(node, at: now)) / 1e6, expected, within: 0.01))
    }

    @Test("a decay as short as Finagle's tests use")
    func finagle() {
        let metric = PeakEWMA(decay: .nanoseconds(150), defaultLatency: .zero)
        var node = metric.observing(.success, latency: 100, in: metric.initial(at: .start), at: .start)
        node = metric.observing(.success, latency: 50, in: node, at: .start + .nanoseconds(150))
        let kept = exp(-1.0)
        let latency = metric.latency(node, at: .start + .nanoseconds(150))
        #expect(isClose(Double(latency), 50 * (1 - kept) + 100 * kept))
    }

    @Test("penalties beyond all measure do not break the status")
    func absurdPenalty() throws {
        let balancer = LoadBalancer.standing(
            policy: .peakEWMA(PeakEWMA(failurePenalty: .seconds(Int64.max))),
            endpoints: .of(1)
        )
        try balancer.pick(at: .start).end(.failure, at: .start)
        #expect(balancer.status(at: .start)[0].latency > .seconds(8_000_000_000))
    }
}

import MeshCore
import MeshTesting
import Testing

@testable import MeshLoadBalancing

@Suite("Request load")
struct RequestLoadTrackerTests {
    // MARK: Latencies

    @Test("loads have rings of their own up to 15, and then an eighth of a power of two each")
    func rings() {
        let rings = (0...70_000).map(RecentLatencies.ring)
        #expect(rings[..<16] == (0..<16)[...].map { $0 }[...])
        #expect(rings[16] == 16 && rings[17] == 16 && rings[18] == 17 && rings[31] == 23 && rings[32] == 24)
        #expect(rings[65_535] == RecentLatencies.ringCount - 1 && rings[70_000] == RecentLatencies.ringCount - 1)
        #expect(zip(rings, rings.dropFirst()).allSatisfy { $1 == $0 || $1 == $0 + 1 })
        #expect(RecentLatencies.ring(of: -1) == 0 && RecentLatencies.ring(of: .max) == RecentLatencies.ringCount - 1)
    }

    private func latencies(_ samples: [(load: Int, milliseconds: Int)]) -> RecentLatencies {
        var latencies = RecentLatencies(window: .seconds(10))
        for sample in samples { latencies.record(.milliseconds(sample.milliseconds), at: sample.load, now: .start) }
        return latencies
    }

    @Test(
        "the median at the load, or at the nearest with any",
        arguments: [
            (0, 10), (3, 30), (4, 40),
            (1, 10), (2, 30),  // the nearest
            (5, 40), (100, 40),
        ] as [(Int, Int)]
    )
    func nearest(load: Int, expected: Int) {
        var latencies = latencies([(0, 10), (3, 20), (3, 30), (3, 90), (4, 40)])
        #expect(latencies.median(at: load, now: .start) == .milliseconds(expected))
    }

    @Test("two loads equally far count together; of two in the middle the longer one")
    func between() {
        var latencies = latencies([(1, 10), (1, 11), (3, 50)])
        #expect(latencies.median(at: 2, now: .start) == .milliseconds(11))
        latencies.record(.milliseconds(60), at: 3, now: .start)
        #expect(latencies.median(at: 2, now: .start) == .milliseconds(50))
    }

    @Test("only the last 16 of a load count")
    func last() {
        var latencies = latencies((0..<100).map { (0, $0) })
        #expect(latencies.median(at: 0, now: .start) == .milliseconds(92))
    }

    @Test("what is older than the window does not count, at any load")
    func window() {
        var latencies = latencies([(0, 10)])
        latencies.record(.milliseconds(20), at: 5, now: .start + .seconds(5))
        #expect(latencies.median(at: 0, now: .start + .seconds(10)) == .milliseconds(10))
        #expect(latencies.median(at: 0, now: .start + .milliseconds(10_003)) == .milliseconds(20))
        #expect(latencies.median(at: 0, now: .start + .seconds(16)) == nil)
        var empty = RecentLatencies(window: .seconds(10))
        #expect(empty.median(at: 0, now: .start) == nil)
    }

    // MARK: Tracker

    @Test("counts requests while they are in flight, and times those that end")
    func tracker() {
        let clock = ManualClock(at: .start)
        let tracker = RequestLoadTracker(clock: clock.clock)
        #expect(tracker.answer() == ProbeResponse(requestsInFlight: 0, latency: nil))
        let first = tracker.start()
        clock.advance(by: .milliseconds(10))
        let second = tracker.start()
        #expect(tracker.answer() == ProbeResponse(requestsInFlight: 2, latency: nil))
        clock.advance(by: .milliseconds(20))
        // It came when nobody was there, and took 30 ms.
        first.end()
        #expect(tracker.answer() == ProbeResponse(requestsInFlight: 1, latency: .milliseconds(30)))
        // It came when one was there: the load that there is now.
        clock.advance(by: .milliseconds(20))
        second.end()
        let third = tracker.start()
        #expect(tracker.answer() == ProbeResponse(requestsInFlight: 1, latency: .milliseconds(40)))
        third.end()
        #expect(tracker.requestsInFlight == 0)
    }

    private func fail(_ tracker: RequestLoadTracker) throws {
        let request = tracker.start()
        guard tracker.requestsInFlight > 1 else { throw CancellationError() }
        request.end()
    }

    @Test("a request that fails is not in flight any more, and its time does not count")
    func failure() {
        let tracker = RequestLoadTracker(clock: ManualClock(at: .start).clock)
        #expect(throws: CancellationError.self) { try fail(tracker) }
        #expect(tracker.answer() == ProbeResponse(requestsInFlight: 0, latency: nil))
    }

    @Test("counts exactly with many tasks")
    func tasks() async {
        let tracker = RequestLoadTracker()
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    for call in 0..<2000 {
                        let request = tracker.start()
                        if (task + call) % 3 == 0 { _ = tracker.answer() }
                        if call % 2 == 0 { request.end() }
                    }
                }
            }
        }
        #expect(tracker.requestsInFlight == 0)
        #expect(tracker.answer().latency != nil)
    }
}

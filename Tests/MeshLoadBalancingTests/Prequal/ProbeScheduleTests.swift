import MeshCore
import Testing

@testable import MeshLoadBalancing

@Suite("Probe schedule")
struct ProbeScheduleTests {
    @Test(
        "a rate is rounded down or up, and adds up",
        arguments: [0, 0.25, 1 / 3.0, 0.5, 0.707, 1, 1.5, 2.9, 3, 5.125, 100] as [Double]
    )
    func rate(rate: Double) {
        var numbers = FractionalRate(rate)
        var sum = 0
        for count in 1...1000 {
            let next = numbers.next()
            #expect(next == Int(rate) || next == Int(rate.rounded(.up)))
            sum += next
            #expect(abs(Double(sum) - Double(count) * rate) <= 1)
        }
    }

    @Test(
        "different endpoints, evenly, and no more than there are",
        arguments: [(2, 3.0), (3, 3), (4, 3), (10, 3), (100, 3), (5, 1), (1000, 10)] as [(Int, Double)]
    )
    func destinations(count: Int, rate: Double) {
        var schedule = ProbeSchedule(Prequal(probeRate: rate))
        var random = SplitMix64(seed: 7)
        var probes = Array(repeating: 0, count: count)
        let calls = 20_000
        for _ in 0..<calls {
            schedule.call(among: count, at: .start, using: &random)
            #expect(schedule.destinations.count == min(count, Int(rate)))
            #expect(Set(schedule.destinations).count == schedule.destinations.count)
            for destination in schedule.destinations { probes[destination] += 1 }
        }
        let expected = Double(calls) * min(Double(count), rate) / Double(count)
        // Five standard deviations of a binomial distribution.
        for (index, number) in probes.enumerated() {
            #expect(abs(Double(number) - expected) <= 5 * expected.squareRoot(), "\(index): \(number), not \(expected)")
        }
    }

    @Test("one endpoint or none need no probes", arguments: [0, 1])
    func alone(count: Int) {
        var schedule = ProbeSchedule(Prequal())
        var random = SplitMix64(seed: 7)
        schedule.call(among: count, at: .start, using: &random)
        #expect(schedule.destinations.isEmpty)
        schedule.pause(among: count, at: .start, using: &random)
        #expect(schedule.destinations.isEmpty)
        // It does not spin.
        #expect(schedule.nextPause == .start + .milliseconds(500))
    }

    @Test("half a second without probes is a pause, and so is the beginning")
    func pause() {
        var schedule = ProbeSchedule(Prequal())
        var random = SplitMix64(seed: 7)
        #expect(schedule.nextPause == .zero)
        schedule.pause(among: 10, at: .start, using: &random)
        #expect(schedule.destinations.count == 3)
        schedule.call(among: 10, at: .start + .milliseconds(100), using: &random)
        #expect(schedule.nextPause == .start + .milliseconds(600))
        schedule.pause(among: 10, at: .start + .milliseconds(599), using: &random)
        #expect(schedule.destinations.isEmpty)
        schedule.pause(among: 10, at: .start + .milliseconds(600), using: &random)
        #expect(schedule.destinations.count == 3)
        #expect(schedule.nextPause == .start + .milliseconds(1100))
    }

    @Test("after a pause there are enough for a choice, even at a low rate; or never any")
    func pauseRates() {
        var random = SplitMix64(seed: 7)
        var slow = ProbeSchedule(Prequal(probeRate: 0.5))
        slow.pause(among: 10, at: .start, using: &random)
        #expect(slow.destinations.count == 2)
        var never = ProbeSchedule(Prequal(idleProbeInterval: nil))
        #expect(never.nextPause == nil)
        never.pause(among: 10, at: .start, using: &random)
        #expect(never.destinations.isEmpty)
    }
}

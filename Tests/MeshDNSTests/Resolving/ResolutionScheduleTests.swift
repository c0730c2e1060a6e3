import MeshCore
import Testing

@testable import MeshDNS

@Suite struct ResolutionScheduleTests {
    let now = MeshInstant(nanoseconds: 1_000_000_000_000)

    func part(_ lifetime: Duration, age: Duration = .zero) -> ResolutionSchedule.Part {
        .init(since: now.advanced(by: .zero - age), lifetime: lifetime)
    }

    func wait(_ parts: [ResolutionSchedule.Part], seed: UInt64) -> Duration {
        var random = SplitMix64(seed: seed)
        var schedule = ResolutionSchedule(policy: DNSPolicy())
        schedule.succeeded(parts, completeness: .whole, at: now, random: &random)
        return now.duration(to: schedule.due)
    }

    @Test func `an answer is asked for again in the last tenth of its lifetime`() {
        let waits = (0..<500).map { wait([part(.seconds(100)), part(.seconds(3600))], seed: $0) }
        #expect(waits.allSatisfy { $0 >= .seconds(90) && $0 <= .seconds(100) })
        #expect(waits.contains { $0 < .seconds(91) } && waits.contains { $0 > .seconds(99) })
    }

    @Test func `the age of a cached part counts`() {
        #expect((0..<50).allSatisfy { wait([part(.seconds(100), age: .seconds(60))], seed: $0) <= .seconds(40) })
    }

    @Test(arguments: [Duration.seconds(1), .milliseconds(1050)])
    func `at the floor there is jitter, too, but upwards`(lifetime: Duration) {
        let waits = (0..<500).map { wait([part(lifetime)], seed: $0) }
        #expect(waits.allSatisfy { $0 >= .seconds(1) && $0 <= .milliseconds(1100) })
        #expect(Set(waits).count > 100)
    }

    @Test func `never sooner than the floor`() {
        #expect((0..<50).allSatisfy { wait([part(.seconds(5), age: .seconds(5))], seed: $0) == .seconds(1) })
        #expect((0..<50).allSatisfy { (.seconds(1) ... .milliseconds(1100)).contains(wait([], seed: $0)) })
    }

    @Test func `failures back off, and an answer ends that`() {
        var random = SplitMix64(seed: 1)
        var schedule = ResolutionSchedule(policy: DNSPolicy())
        for ceiling in [1, 2, 4, 8, 16, 30, 30] as [Int64] {
            schedule.failed(at: now, random: &random)
            let wait = now.duration(to: schedule.due)
            #expect(wait >= .milliseconds(500 * ceiling) && wait <= .seconds(ceiling))
        }
        schedule.succeeded([part(.seconds(100))], completeness: .whole, at: now, random: &random)
        schedule.failed(at: now, random: &random)
        #expect(now.duration(to: schedule.due) <= .seconds(1))
    }

    @Test func `a partial answer is tried again by backoff`() {
        var random = SplitMix64(seed: 1)
        var schedule = ResolutionSchedule(policy: DNSPolicy())
        schedule.succeeded([part(.seconds(100))], completeness: .partial, at: now, random: &random)
        #expect(now.duration(to: schedule.due) == .seconds(1))
        for _ in 0..<5 { schedule.succeeded([part(.seconds(100))], completeness: .partial, at: now, random: &random) }
        #expect(now.duration(to: schedule.due) >= .seconds(15))
    }

    @Test func `a doubt asks a server, once per interval`() {
        var random = SplitMix64(seed: 1)
        var schedule = ResolutionSchedule(policy: DNSPolicy())
        #expect(schedule.freshness == .unexpired)
        schedule.succeeded([part(.seconds(100))], completeness: .whole, at: now, random: &random)
        #expect(schedule.freshness == .comfortable)
        schedule.doubt(at: now.advanced(by: .seconds(1)))
        #expect(now.duration(to: schedule.due) == .seconds(5))
        #expect(schedule.freshness == .fromServer)
        schedule.doubt(at: now.advanced(by: .seconds(2)))
        #expect(now.duration(to: schedule.due) == .seconds(5))
        schedule.succeeded([part(.seconds(100))], completeness: .whole, at: now, random: &random)
        schedule.doubt(at: now.advanced(by: .seconds(60)))
        #expect(now.duration(to: schedule.due) == .seconds(60))
    }
}

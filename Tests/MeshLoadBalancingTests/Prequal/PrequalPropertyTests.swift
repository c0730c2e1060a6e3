import MeshCore
import Testing

@testable import MeshLoadBalancing

/// The pool and the schedule together, over any sequence of events.
@Suite("Prequal, any sequence")
struct PrequalPropertyTests {
    @Test("the pool keeps its bounds, and no old answer is used", arguments: 0..<20)
    func bounds(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let policy = Prequal(
            probeRate: Double(random.next() % 50) / 10,
            poolSize: Int(random.next() % 31) + 2,
            removalRate: Double(random.next() % 30) / 10,
            hotQuantile: Fraction(Double(random.next() % 101) / 100) ?? .one,
            minimumPoolSize: Int(random.next() % 2) + 1
        )
        let fleet = Int(random.next() % 40) + 1
        var pool = ProbePool(policy)
        var now = MeshInstant.start
        var lastAnswer: [UInt32: MeshInstant] = [:]
        for _ in 0..<5000 {
            switch random.next() % 8 {
            case 0...2:
                let target = UInt32(random.next() % UInt64(fleet))
                let response = ProbeResponse(
                    requestsInFlight: Int(random.next() % 20),
                    latency: random.next() % 9 == 0 ? nil : .microseconds(Int64(random.next() % 100_000))
                )
                pool.insert(response, from: target, among: fleet, at: now, using: &random)
                lastAnswer[target] = now
            case 3...5:
                let isEven = random.next() % 4 == 0
                guard let target = pool.choose(at: now, where: { !isEven || $0 % 2 == 0 }) else { break }
                #expect(!isEven || target % 2 == 0)
                #expect((lastAnswer[target]?.duration(to: now) ?? .seconds(9)) <= policy.probeAgeLimit)
            case 6:
                let verdicts: [Outcome.Verdict] = [.success, .failure, .overloaded, .inconclusive]
                pool.record(verdicts[Int(random.next() % 4)], of: UInt32(random.next() % UInt64(fleet)), at: now)
            default:
                now = now + .milliseconds(Int64(random.next() % 100))
                if random.next() % 50 == 0 {
                    let gone = UInt32(random.next() % UInt64(fleet))
                    pool.retain { $0 != gone }
                    lastAnswer[gone] = nil
                }
            }
            #expect(pool.count <= policy.poolSize)
        }
    }

    /// A client alone with a fleet that answers probes at once: how often it has to choose blindly, once the pool is filled.
    @Test("no fleet is too small or too large to choose in", arguments: [1, 2, 3, 5, 10, 16, 17, 24, 25, 100])
    func fleets(count: Int) {
        let policy = Prequal()
        var random = SplitMix64(seed: UInt64(count))
        var pool = ProbePool(policy)
        var schedule = ProbeSchedule(policy)
        var inFlight = Array(repeating: 0, count: count)
        var calls: [(target: Int, end: MeshInstant)] = []
        var now = MeshInstant.start
        var blind = 0
        var picks = Array(repeating: 0, count: count)
        var largest = 0
        let total = 20_000
        for call in 0..<total {
            // A thousand calls a second, 50 ms each.
            now = now + .milliseconds(1)
            while let first = calls.first, first.end <= now {
                inFlight[first.target] -= 1
                calls.removeFirst()
            }
            let choice = pool.choose(at: now).map { Int($0) }
            if choice == nil, call >= 10 { blind += 1 }
            let target = choice ?? Int(random.next() % UInt64(count))
            picks[target] += 1
            inFlight[target] += 1
            largest = max(largest, inFlight[target])
            calls.append((target, now + .milliseconds(50)))
            schedule.call(among: count, at: now, using: &random)
            for destination in schedule.destinations {
                let response = ProbeResponse(requestsInFlight: inFlight[destination], latency: .milliseconds(50))
                pool.insert(response, from: UInt32(destination), among: count, at: now, using: &random)
            }
        }
        guard count > 1 else {
            // There is nothing to choose, and nobody is probed.
            #expect(blind == total - 10 && pool.count == 0)
            return
        }
        #expect(blind == 0)
        #expect(picks.allSatisfy { abs(Double($0) * Double(count) / Double(total) - 1) < 0.25 }, "\(picks)")
        // 50 in flight over the fleet.
        #expect(largest <= Int((50 / Double(count)).rounded(.up)) + 4, "\(largest) in flight at one")
    }
}

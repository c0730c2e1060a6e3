import BenchmarkSupport
import Dispatch
import MeshCircuitBreaking
import MeshCore
import MeshLoadBalancing
import Synchronization

/// Two threads picking from one balancer, as a multiple of one thread picking from it.
///
/// A pick is the whole of it: a clock read, the pick, the end of its lease, with a breaker behind every endpoint. One
/// thread and two take turns for 50 ms each; each pair gives a ratio, and the median of the ratios is reported. What two
/// threads do that share nothing shows what the machine has to give.
func measureThreads(into report: inout Report) {
    let nothing = compare {
        var random = SplitMix64(seed: 1)
        return { now in
            // About the length of a pick.
            for _ in 0..<50 { _ = random.next() }
            return random.next() > 0 || now == .zero
        }
    }
    report.add("two threads to one, sharing nothing", nothing.ratio, "times", digits: 2)
    for count in [3, 100] {
        let balancer = LoadBalancer(endpoints: .synthetic(count), health: CircuitBreakers())
        let picks = compare {
            { now in
                guard let lease = try? balancer.pick(at: now) else { return false }
                lease.end(.success, at: now)
                return true
            }
        }
        report.add("picks on one thread, \(count) endpoints", picks.one, "per us")
        report.add("picks on two threads, \(count) endpoints", picks.two, "per us")
        report.add(
            "two threads to one, \(count) endpoints",
            picks.ratio,
            "times",
            digits: 2,
            target: count >= 100 ? .atLeast(1.6) : nil
        )
    }
}

/// Does its work once, at an instant; whether it could.
private typealias Work = (MeshInstant) -> Bool

private func compare(_ makeWork: @Sendable () -> Work) -> (one: Double, two: Double, ratio: Double) {
    var (one, two): ([Double], [Double]) = ([], [])
    for round in 0..<23 {
        // Every other round in the other order.
        let pair = round % 2 == 0 ? [1, 2] : [2, 1]
        for threads in pair {
            let rate = operationsPerMicrosecond(threads: threads, makeWork)
            guard round >= 2 else { continue }
            if threads == 1 { one.append(rate) } else { two.append(rate) }
        }
    }
    return (median(one), median(two), median(zip(two, one).map { $0 / $1 }))
}

private func operationsPerMicrosecond(threads: Int, _ makeWork: @Sendable () -> Work) -> Double {
    let clock = MeshClock.continuous
    let ready = Atomic<Int>(0)
    let done = Mutex((operations: 0, nanoseconds: UInt64(0)))
    DispatchQueue.concurrentPerform(iterations: threads) { _ in
        let work = makeWork()
        ready.wrappingAdd(1, ordering: .relaxed)
        // Nobody begins before everybody is there.
        while ready.load(ordering: .relaxed) < threads {}
        let start = clock.now
        let end = start.advanced(by: .milliseconds(50))
        var operations = 0
        var now = start
        while now < end, work(now) {
            operations += 1
            now = clock.now
        }
        done.withLock { $0 = ($0.operations + operations, $0.nanoseconds + now.nanoseconds(since: start)) }
    }
    let (operations, nanoseconds) = done.withLock { $0 }
    return Double(operations) * 1000 * Double(threads) / Double(max(nanoseconds, 1))
}

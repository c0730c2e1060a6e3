import BenchmarkSupport
import MeshCircuitBreaking
import MeshCore
import MeshLoadBalancing

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
            for _ in 0..<50 where random.next() == now.nanoseconds { fatalError("a chance of 2^-64") }
        }
    }
    report.add("two threads to one, sharing nothing", nothing.ratio, "times", digits: 2)
    for count in [3, 100] {
        let balancer = LoadBalancer(endpoints: .synthetic(count), health: CircuitBreakers())
        let picks = compare {
            { now in
                guard let lease = try? balancer.pick(at: now) else { fatalError("no endpoint") }
                lease.end(.success, at: now)
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

private func compare(_ makeWork: @escaping @Sendable () -> (MeshInstant) -> Void) -> (
    one: Double, two: Double, ratio: Double
) {
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

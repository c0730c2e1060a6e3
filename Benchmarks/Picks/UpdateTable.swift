import BenchmarkSupport
import MeshCore
import MeshLoadBalancing

/// An update that replaces 500 of 5,000 endpoints, and the picks meanwhile.
///
/// The updates run back to back, at first alone and then while another thread picks; each pick is timed. What is printed are
/// medians of 41 updates, and the time within which 99.9 % of the picks are over.
struct UpdateTable {
    private struct Row {
        let name: String
        /// The median of the updates, in milliseconds.
        let update: (alone: Double, amongPicks: Double)
        /// The 99.9th percentile of the picks, in microseconds.
        let pick: (alone: Double, amongUpdates: Double)
    }

    private let rows: [Row]

    init(_ policies: [PickedPolicy]) {
        rows = policies.map(Self.measure)
    }

    private static func measure(_ policy: PickedPolicy) -> Row {
        // Every set has 4,500 endpoints of the one before, read anew as a source does, and 500 that are new.
        let sets = [
            EndpointSet(EndpointSet.synthetic(5500).endpoints[..<5000]),
            EndpointSet(EndpointSet.synthetic(5500).endpoints[500...]),
        ]
        let balancer = policy.balancer(0)
        balancer.update(sets[0])

        let picksAlone = PickTimes(balancer) {
            let end = MeshClock.continuous.now.advanced(by: .milliseconds(50))
            while MeshClock.continuous.now < end {}
        }
        func update() -> Double {
            var times: [Double] = []
            for turn in 0..<43 {
                let start = MeshClock.continuous.now
                balancer.update(sets[(turn + 1) % 2])
                let elapsed = MeshClock.continuous.now.nanoseconds(since: start)
                if turn >= 2 { times.append(Double(elapsed) / 1e6) }
            }
            return median(times)
        }
        let alone = update()
        var amongPicks = 0.0
        let picksAmongUpdates = PickTimes(balancer) { amongPicks = update() }
        return Row(
            name: policy.name,
            update: (alone, amongPicks),
            pick: (picksAlone.microseconds(atMostOf: 0.999), picksAmongUpdates.microseconds(atMostOf: 0.999))
        )
    }

    var markdown: String {
        let head = [
            "An update of 500 among 5,000 endpoints, in ms, and the p99.9 of a pick, in us",
            "",
            "| policy | update alone | while another thread picks | pick without updates | while updates follow one another |",
            "|---|--:|--:|--:|--:|",
        ]
        let lines = rows.map {
            "| `\($0.name)` | \(fixed($0.update.alone, 2)) | \(fixed($0.update.amongPicks, 2)) "
                + "| \(fixed($0.pick.alone, 2)) | \(fixed($0.pick.amongUpdates, 2)) |"
        }
        return (head + lines).joined(separator: "\n")
    }
}

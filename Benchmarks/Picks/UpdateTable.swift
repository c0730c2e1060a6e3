import BenchmarkSupport
import MeshCore
import MeshLoadBalancing

/// An update that replaces 500 of 5,000 endpoints, and the picks meanwhile.
///
/// The updates run back to back on one thread while another picks; each pick is timed. What is printed are medians of 41
/// updates, and the time within which 99.9 % of the picks are over.
struct UpdateTable {
    private struct Row {
        let name: String
        let milliseconds: Double
        let alone: Double
        let meanwhile: Double
    }

    private let rows: [Row]

    init(_ policies: [PickedPolicy]) {
        rows = policies.map(Self.measure)
    }

    private static func measure(_ policy: PickedPolicy) -> Row {
        // Every set has 4,500 endpoints of the one before and 500 that are new.
        let all = EndpointSet.synthetic(5500).endpoints
        let sets = [EndpointSet(all[..<5000]), EndpointSet(all[500...])]
        let balancer = policy.balancer(0)
        balancer.update(sets[0])

        let alone = PickTimes(balancer) {
            let end = MeshClock.continuous.now.advanced(by: .milliseconds(50))
            while MeshClock.continuous.now < end {}
        }
        var updates: [Double] = []
        let meanwhile = PickTimes(balancer) {
            for turn in 1...43 {
                let start = MeshClock.continuous.now
                balancer.update(sets[turn % 2])
                let elapsed = MeshClock.continuous.now.nanoseconds(since: start)
                if turn > 2 { updates.append(Double(elapsed) / 1e6) }
            }
        }
        return Row(
            name: policy.name,
            milliseconds: median(updates),
            alone: alone.microseconds(atMostOf: 0.999),
            meanwhile: meanwhile.microseconds(atMostOf: 0.999)
        )
    }

    var markdown: String {
        let head = [
            "An update of 500 among 5,000 endpoints, and picks while updates follow one another",
            "",
            "| policy | update, ms | p99.9 of a pick without updates, us | with updates, us |",
            "|---|--:|--:|--:|",
        ]
        let lines = rows.map {
            "| `\($0.name)` | \(fixed($0.milliseconds, 2)) | \(fixed($0.alone, 2)) | \(fixed($0.meanwhile, 2)) |"
        }
        return (head + lines).joined(separator: "\n")
    }
}

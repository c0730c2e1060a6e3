import BenchmarkSupport
import MeshCore
import MeshLoadBalancing

/// A pick and its end: time on one thread, as a multiple of a bare `async` call, and what a second thread adds.
///
/// The clock is read once in 64 calls: the two reads of a real call, 25 to 50 ns each on most machines, are the caller's.
/// Bare calls, one thread and two take turns, 50 ms each, nine times after two that do not count; a ratio is that of one
/// turn, and the medians of the turns are what is printed.
struct PickTable {
    private static let counts = [3, 100, 1000, 10_000]

    private struct Cell {
        let nanoseconds: Double
        let bareCalls: Double
        let secondThread: Double
    }

    private let rows: [(name: String, cells: [Cell])]
    private let bareCall: Double
    private let sharingNothing: Double

    init(_ policies: [PickedPolicy]) async {
        var rows: [(String, [Cell])] = []
        var bare: [Double] = []
        for policy in policies {
            var cells: [Cell] = []
            for count in Self.counts {
                let balancer = policy.balancer(count)
                cells.append(
                    await Self.measure(bare: &bare) {
                        var caller = Caller(balancer, seed: .random(in: .min ... .max))
                        return { caller.call(at: $0) }
                    }
                )
            }
            rows.append((policy.name, cells))
        }
        self.rows = rows
        sharingNothing =
            await Self.measure(bare: &bare) {
                var random = SplitMix64(seed: .random(in: .min ... .max))
                return { now in
                    // About the length of a pick.
                    for _ in 0..<50 where random.next() == now.nanoseconds { fatalError("a chance of 2^-64") }
                }
            }.secondThread
        bareCall = median(bare)
    }

    private static func measure(
        bare: inout [Double],
        _ makeWork: @escaping @Sendable () -> (MeshInstant) -> Void
    ) async -> Cell {
        var (nanoseconds, bareCalls, gains): ([Double], [Double], [Double]) = ([], [], [])
        for turn in 0..<11 {
            let call = await bareCallNanoseconds()
            // Every other turn in the other order.
            let isReversed = turn % 2 == 1
            let first = operationsPerMicrosecond(threads: isReversed ? 2 : 1, batch: 64, makeWork)
            let second = operationsPerMicrosecond(threads: isReversed ? 1 : 2, batch: 64, makeWork)
            let (one, two) = isReversed ? (second, first) : (first, second)
            guard turn >= 2 else { continue }
            bare.append(call)
            nanoseconds.append(1000 / one)
            bareCalls.append(1000 / one / call)
            gains.append(two / one)
        }
        return Cell(nanoseconds: median(nanoseconds), bareCalls: median(bareCalls), secondThread: median(gains))
    }

    var markdown: String {
        """
        Pick and end, by the number of endpoints: nanoseconds (multiple of a bare async call, \(fixed(bareCall, 1)) ns)

        \(table { "\(fixed($0.nanoseconds, 0)) (\(fixed($0.bareCalls, 1)))" })

        Two threads to one (sharing nothing: \(fixed(sharingNothing, 2)))

        \(table { fixed($0.secondThread, 2) })
        """
    }

    private func table(_ text: (Cell) -> String) -> String {
        let head = ["| policy | \(Self.counts.map(String.init).joined(separator: " | ")) |", "|---|--:|--:|--:|--:|"]
        let lines = rows.map { "| `\($0.name)` | \($0.cells.map(text).joined(separator: " | ")) |" }
        return (head + lines).joined(separator: "\n")
    }
}

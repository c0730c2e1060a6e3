import BenchmarkSupport
import MeshCore
import ServiceMesh

/// The whole standard stack around a no-op, as a multiple of a bare asynchronous call.
///
/// The two take turns in short runs; each pair gives a ratio, and the median of the ratios is reported.
func measureStack(into report: inout Report) async throws {
    let (bare, stack) = try await Task.detached {
        let mesh = try Mesh.noOp()
        let client = try mesh.noOpClient()
        let calls = 20_000
        var sum = 0
        var (bare, stack): ([Double], [Double]) = ([], [])
        for round in 0..<41 {
            let b = await nanoseconds(for: calls * 10) { for _ in 0..<(calls * 10) { sum += await bareCall() } }
            let s = try await nanoseconds(for: calls) {
                for _ in 0..<calls { sum += try await client.call(NoOpRequest()) }
            }
            // The first rounds find caches and branch predictors cold.
            guard round >= 4 else { continue }
            bare.append(b)
            stack.append(s)
        }
        await mesh.shutdown()
        precondition(sum == 41 * calls * 11)
        return (bare, stack)
    }.value
    report.add("bare async call", median(bare), "ns")
    report.add("standard stack around a no-op", median(stack), "ns")
    let ratio = median(zip(stack, bare).map { $0 / $1 })
    report.add("stack to bare call", ratio, "times", target: .atMost(30))
}

private func nanoseconds(for operations: Int, _ body: () async throws -> Void) async rethrows -> Double {
    let start = MeshClock.continuous.now
    try await body()
    return Double(MeshClock.continuous.now.nanoseconds(since: start)) / Double(operations)
}

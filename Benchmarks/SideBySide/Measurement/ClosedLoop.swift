#if AsyncHTTPClient && Transport
/// A constant number of calls under way: each worker makes its next call when the last has ended.
///
/// A closed loop finds the highest throughput. How a client behaves when a backend is slow is not its business; that
/// takes an open loop.
struct ClosedLoop: Loop {
    let inFlight: Int

    func run(_ client: some BenchmarkClient, for duration: Duration) async throws -> [UInt32] {
        let end = ContinuousClock.now + duration
        return try await withThrowingTaskGroup(of: [UInt32].self) { workers in
            for number in 0..<inFlight {
                workers.addTask(executorPreference: client.executor(ofCaller: number)) {
                    try await work(with: client, until: end)
                }
            }
            return try await workers.reduce(into: []) { $0 += $1 }
        }
    }

    private func work(with client: some BenchmarkClient, until end: ContinuousClock.Instant) async throws -> [UInt32] {
        var latencies: [UInt32] = []
        latencies.reserveCapacity(1 << 14)
        var began = ContinuousClock.now
        while began < end {
            try await client.get()
            let ended = ContinuousClock.now
            latencies.append(UInt32(clamping: Int64((ended - began) / .nanoseconds(1))))
            began = ended
        }
        return latencies
    }
}
#endif

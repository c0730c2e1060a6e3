#if AsyncHTTPClient && Transport
/// When calls begin.
protocol Loop: Sendable {
    /// Calls for this long and reports every latency, in nanoseconds, in no order. A call that fails ends it with an error.
    func run(_ client: some BenchmarkClient, for duration: Duration) async throws -> [UInt32]
}
#endif

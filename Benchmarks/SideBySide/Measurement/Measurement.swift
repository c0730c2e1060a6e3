#if AsyncHTTPClient
/// What one client did at one level of concurrency in one process.
struct Measurement: Codable, Sendable {
    /// Calls completed per second.
    let rps: Double
    let p50Us: Double
    let p99Us: Double
    /// Processor time of the client's process, user and system, per call.
    let cpuUsPerRequest: Double
    /// The largest resident set of the client's process.
    let rssMb: Double
}
#endif

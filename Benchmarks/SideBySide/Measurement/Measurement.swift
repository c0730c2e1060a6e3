#if AsyncHTTPClient && Transport
/// What one client did under one load in one process.
struct Measurement: Codable, Sendable {
    /// Calls completed per second.
    let rps: Double
    let p50Us: Double
    let p99Us: Double
    /// Processor time of the client's process, user and system, per call.
    let cpuUsPerRequest: Double
    /// The largest resident set of the client's process.
    let rssMb: Double
    /// The same of the sidecar's process, for a client that has one.
    var sidecarCpuUsPerRequest: Double?
    var sidecarRssMb: Double?

    /// Processor time and memory of all processes that a caller has to pay for.
    var totalCpuUsPerRequest: Double { cpuUsPerRequest + (sidecarCpuUsPerRequest ?? 0) }
    var totalRssMb: Double { rssMb + (sidecarRssMb ?? 0) }
}
#endif

#if AsyncHTTPClient && Transport
import ArgumentParser
import Foundation

/// One measurement in a process of its own, so that memory, processor time and the state of the allocator are this
/// client's alone.
struct MeasureOnce: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "measure", shouldDisplay: false)

    @Argument var client: String
    @Argument var addresses: CommaSeparated<String>
    @Option var seconds: Double
    @Option var inFlight: Int?
    @Option var rate: Int?
    @Option var path: String
    @Option var credentials: String
    @Option var sidecar: Int32?

    func run() async throws {
        guard let start = ClientKind.named(client)?.start else {
            throw ValidationError("no client \"\(client)\" in Swift")
        }
        Parent.endWithIt()
        // An open loop has no bound, but at a rate that a client sustains, this is never reached.
        let inFlight = inFlight ?? 1024
        let load = Load(
            addresses: addresses.values,
            path: path,
            inFlight: inFlight,
            credentials: Credentials(folder: URL(fileURLWithPath: credentials))
        )
        let client = try await start(load)
        let measurement: Measurement
        do {
            if let rate {
                measurement = try await measure(client, OpenLoop(rate: rate))
            } else {
                measurement = try await measure(client, ClosedLoop(inFlight: inFlight))
            }
        } catch {
            try await client.shutdown()
            throw error
        }
        try await client.shutdown()
        print(String(decoding: try JSONEncoder().encode(measurement), as: UTF8.self))
    }

    private func measure(_ client: some BenchmarkClient, _ loop: some Loop) async throws -> Measurement {
        // Connections open and caches fill before the clock starts.
        _ = try await loop.run(client, for: .seconds(min(0.5, seconds)))

        let sidecar = sidecar.map(OtherProcess.init)
        let sidecarBefore = sidecar?.cpu
        let before = ProcessUsage.current
        let began = ContinuousClock.now
        var latencies = try await loop.run(client, for: .seconds(seconds))
        let elapsed = ContinuousClock.now - began
        let after = ProcessUsage.current
        let sidecarAfter = sidecar?.cpu

        latencies.sort()
        func perRequest(_ cpu: Duration) -> Double { cpu / .microseconds(1) / Double(latencies.count) }
        var measurement = Measurement(
            rps: Double(latencies.count) / (elapsed / .seconds(1)),
            p50Us: Double(latencies.percentile(0.5)) / 1000,
            p99Us: Double(latencies.percentile(0.99)) / 1000,
            cpuUsPerRequest: perRequest(after.cpu - before.cpu),
            rssMb: Double(after.peakResidentBytes) / 1_048_576
        )
        if let sidecarBefore, let sidecarAfter {
            measurement.sidecarCpuUsPerRequest = perRequest(sidecarAfter - sidecarBefore)
            measurement.sidecarRssMb = sidecar?.peakResidentBytes.map { Double($0) / 1_048_576 }
        }
        return measurement
    }
}
#endif

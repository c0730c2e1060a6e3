#if AsyncHTTPClient
import ArgumentParser
import Foundation

/// One measurement in a process of its own, so that memory, processor time and the state of the allocator are this
/// client's alone.
struct MeasureOnce: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "measure", shouldDisplay: false)

    @Argument var client: String
    @Argument var backend: String
    @Argument var inFlight: Int
    @Argument var seconds: Double

    func run() async throws {
        guard let kind = ClientKind.named(client) else { throw ValidationError("there is no client \"\(client)\"") }
        Parent.endWithIt()
        let client = try kind.start(Load(backend: backend, inFlight: inFlight))
        let measurement: Measurement
        do {
            measurement = try await measure(client)
        } catch {
            try await client.shutdown()
            throw error
        }
        try await client.shutdown()
        print(String(decoding: try JSONEncoder().encode(measurement), as: UTF8.self))
    }

    private func measure(_ client: some BenchmarkClient) async throws -> Measurement {
        let loop = ClosedLoop(inFlight: inFlight)
        // Connections open and caches fill before the clock starts.
        _ = try await loop.run(client, for: .seconds(min(0.5, seconds)))

        let before = ProcessUsage.current
        let began = ContinuousClock.now
        var latencies = try await loop.run(client, for: .seconds(seconds))
        let elapsed = ContinuousClock.now - began
        let after = ProcessUsage.current

        latencies.sort()
        return Measurement(
            rps: Double(latencies.count) / (elapsed / .seconds(1)),
            p50Us: Double(latencies.percentile(0.5)) / 1000,
            p99Us: Double(latencies.percentile(0.99)) / 1000,
            cpuUsPerRequest: (after.cpu - before.cpu) / .microseconds(1) / Double(latencies.count),
            rssMb: Double(after.peakResidentBytes) / 1_048_576
        )
    }
}
#endif

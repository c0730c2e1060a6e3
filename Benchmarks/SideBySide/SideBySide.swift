#if AsyncHTTPClient
import ArgumentParser
import Foundation

/// HTTP clients compared on one machine, against one backend: they take turns, round after round, each time in a fresh
/// process.
@main
struct SideBySide: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sidebyside",
        abstract: "Compares HTTP clients with and without the mesh, in turns, and prints medians.",
        usage: "sidebyside [--seconds N] [--rounds N] [--in-flight N,...] [--clients NAME,...] [--json]",
        subcommands: [MeasureOnce.self, Serve.self]
    )

    @Option(help: "How long one measurement lasts, after half a second of warm-up.")
    var seconds = 2.0

    @Option(help: "How often each client is measured at each level. The order alternates.")
    var rounds = 5

    @Option(help: "The numbers of calls under way, separated by commas.")
    var inFlight = CommaSeparated([1, 8, 64])

    @Option(help: "The clients, separated by commas. Ratios are against the first.")
    var clients = CommaSeparated(ClientKind.all.map(\.name))

    @Flag(help: "Print one JSON object instead of the Markdown table.")
    var json = false

    func validate() throws {
        guard (0.1...600).contains(seconds) else { throw ValidationError("--seconds must be from 0.1 to 600") }
        guard (1...1000).contains(rounds) else { throw ValidationError("--rounds must be from 1 to 1000") }
        guard inFlight.values.allSatisfy((1...10_000).contains) else {
            throw ValidationError("--in-flight takes numbers from 1 to 10000")
        }
        guard inFlight.areDistinct, clients.areDistinct else {
            throw ValidationError("--in-flight and --clients take each value once")
        }
        for name in clients.values where ClientKind.named(name) == nil {
            let known = ClientKind.all.map(\.name).joined(separator: ", ")
            throw ValidationError("there is no client \"\(name)\"; there are \(known)")
        }
    }

    func run() async throws {
        let conditions = Conditions(seconds: seconds, rounds: rounds)
        if conditions.isDebugBuild { Progress.say(Conditions.debugWarning) }

        let backend = try startBackend()
        defer { backend.stop() }
        let guardian = SignalGuard { backend.stop() }
        defer { guardian.cancel() }

        var comparison = Comparison(
            conditions: conditions,
            backend: backend.description,
            clients: clients.values,
            levels: inFlight.values
        )
        for round in 1...rounds {
            for level in inFlight.values {
                for client in round % 2 == 1 ? clients.values : clients.values.reversed() {
                    let measurement = try measure(client, inFlight: level, against: backend)
                    comparison.add(measurement, of: client, inFlight: level)
                    let rps = measurement.rps.formatted(.number.precision(.fractionLength(0)))
                    Progress.say("round \(round) of \(rounds), \(level) in flight, \(client): \(rps) requests/s")
                }
            }
        }
        print(json ? try comparison.json() : comparison.markdown())
    }

    private func measure(_ client: String, inFlight: Int, against backend: any Backend) throws -> Measurement {
        let output = try Command.ourselves([
            "measure", client, backend.address, "\(inFlight)", "\(seconds)",
        ])
        return try JSONDecoder().decode(Measurement.self, from: Data(output.utf8))
    }
}
#endif

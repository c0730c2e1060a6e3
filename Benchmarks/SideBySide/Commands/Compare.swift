#if AsyncHTTPClient && Transport
import ArgumentParser
import Foundation

/// The clients as fast as they go, at several levels of concurrency.
struct Compare: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Throughput and latency with a constant number of calls under way. The default."
    )

    @Option(help: "How long one measurement lasts, after half a second of warm-up.")
    var seconds = 2.0

    @Option(help: "How often each client is measured at each level. The order alternates.")
    var rounds = 5

    @Option(help: "The numbers of calls under way, separated by commas.")
    var inFlight = CommaSeparated([1, 8, 64])

    @Option(help: "The clients, separated by commas. Ratios are against the first that is there.")
    var clients = CommaSeparated(ClientKind.all.map(\.name))

    @Flag(help: "Say which promised ratios are met.")
    var check = false

    @OptionGroup var output: OutputOptions

    func validate() throws {
        try Limits.check(seconds: seconds, rounds: rounds)
        guard inFlight.values.allSatisfy((1...10_000).contains), inFlight.areDistinct else {
            throw ValidationError("--in-flight takes distinct numbers from 1 to 10000")
        }
        _ = try clients.kinds { _ in true }
    }

    func run() async throws {
        let conditions = Conditions(seconds: seconds, rounds: rounds)
        let kinds = try clients.kinds { _ in true }
        let comparison = try Stage.run(kinds, http2: output.h2Backend) { stage in
            var comparison = Comparison(conditions: conditions, stage: stage, levels: inFlight.values)
            for round in 1...rounds {
                for level in inFlight.values {
                    let job = Job(load: .closed(inFlight: level), seconds: seconds)
                    try stage.field.measure(job, round: round) { client, measurement in
                        comparison.rounds.add(measurement, of: client, at: level)
                        let rps = measurement.rps.formatted(.number.precision(.fractionLength(0)))
                        Progress.say("round \(round) of \(rounds), \(level) in flight, \(client): \(rps) requests/s")
                    }
                }
            }
            if check { comparison.verdicts = Promise.all.map { $0.verdict(on: comparison.rounds) } }
            return comparison
        }
        print(output.json ? try comparison.json() : comparison.markdown())
    }
}
#endif

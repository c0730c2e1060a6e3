#if AsyncHTTPClient && Transport
import ArgumentParser

/// What a client costs under a given load, and what it adds to the latency.
struct KeepRate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rate",
        abstract: "Cost and added latency at a constant rate of calls, with bodies of 1 KiB."
    )

    @Option(help: "Calls that begin each second.")
    var rate = 1000

    @Option(help: "How long one measurement lasts, after half a second of warm-up.")
    var seconds = 5.0

    @Option(help: "How often each client is measured. The order alternates.")
    var rounds = 5

    @Option(help: "The clients, separated by commas. What is added is against the first that is there.")
    var clients = CommaSeparated(KeepRate.defaultClients)

    @OptionGroup var output: OutputOptions

    private static let defaultClients = ["ahc", "mesh-ahc", "mesh-native", "ahc-envoy"]

    func validate() throws {
        try Limits.check(seconds: seconds, rounds: rounds)
        guard (1...100_000).contains(rate) else { throw ValidationError("--rate must be from 1 to 100000") }
        _ = try clients.kinds(\.keepsRates)
    }

    func run() async throws {
        let conditions = Conditions(seconds: seconds, rounds: rounds)
        let kinds = try clients.kinds(\.keepsRates)
        let costs = try Stage.run(kinds, http2: output.h2Backend) { stage in
            var costs = CostAtRate(conditions: conditions, stage: stage, rate: rate)
            let job = Job(load: .open(rate: rate), seconds: seconds)
            for round in 1...rounds {
                try stage.field.measure(job, round: round) { client, measurement in
                    costs.rounds.add(measurement, of: client, at: rate)
                    let p50 = measurement.p50Us.fixed(0)
                    Progress.say("round \(round) of \(rounds), \(client): p50 \(p50) us")
                }
            }
            return costs
        }
        print(output.json ? try costs.json() : costs.markdown())
    }
}
#endif

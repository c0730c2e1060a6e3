#if Configuration
import ArgumentParser
import MeshSimulation

struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measures how many calls are simulated in a second of one core."
    )

    @Option(help: "The policy for load balancing.")
    var policy = "least_request"

    @Option(help: "How many servers there are.")
    var servers = 100

    @Option(help: "How many clients there are, with a mesh each.")
    var clients = 10

    @Option(help: "How many calls are made.")
    var calls = 500_000

    func run() throws {
        let scenario = Scenario(
            name: "bench",
            duration: .seconds(calls / 10_000 + 1),
            clients: ClientFleet(count: clients, arrivals: .poisson(perSecond: 10_000)),
            servers: [
                ServerGroup("server", count: servers, workers: 4, work: .exponential(mean: .milliseconds(10)))
            ],
            network: Network(latency: .microseconds(250))
        )
        let start = ContinuousClock.now
        let result = try Simulation(scenario).run(.policy(policy))
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let rate = Double(result.calls) / seconds
        print(
            "\(policy), \(servers) servers, \(clients) clients: \(result.calls) calls in \(seconds) s, \(Int(rate)) calls/s"
        )
    }
}
#endif

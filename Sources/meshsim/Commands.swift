#if Configuration
import ArgumentParser
import Foundation
import MeshSimulation

struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Runs a scenario and prints what became of it."
    )

    @Argument(help: "The scenario, a JSON file.")
    var file: String

    @OptionGroup var options: SimulationOptions

    @Flag(help: "Print one JSON object in place of the table.")
    var json = false

    @Option(help: "Also write a report with plots to this file.")
    var html: String?

    func run() throws {
        let scenario = try options.scenario(file)
        let bar = ProgressBar()
        let results = try Simulation(scenario).run { bar.show($0, $1) }
        bar.clear()
        let report = SimulationReport(scenario, results)
        print(json ? report.json() : report.table())
        if let html { try Data(report.html().utf8).write(to: URL(filePath: html)) }
    }
}

struct CompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Runs scenarios and puts the variants side by side, as multiples of the first."
    )

    @Argument(help: "The scenarios, JSON files.")
    var files: [String]

    @OptionGroup var options: SimulationOptions

    func run() throws {
        let bar = ProgressBar()
        for (index, file) in files.enumerated() {
            let scenario = try options.scenario(file)
            let results = try Simulation(scenario).run { bar.show("\(scenario.name): \($0)", $1) }
            bar.clear()
            if index > 0 { print() }
            print(SimulationReport(scenario, results).comparison())
        }
    }
}

struct ListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists the scenarios of a folder, and the policies that there are."
    )

    @Argument(help: "The folder.")
    var folder = "Examples/Scenarios"

    func run() throws {
        for file in try FileManager.default.contentsOfDirectory(atPath: folder).sorted() where file.hasSuffix(".json") {
            let scenario = try Scenario(contentsOfFile: "\(folder)/\(file)")
            print("\(folder)/\(file): \(scenario.summary)")
        }
        print("policies: \(Simulation.policies.joined(separator: ", "))")
    }
}

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

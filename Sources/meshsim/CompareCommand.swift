#if Configuration
import ArgumentParser
import MeshSimulation

struct CompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Runs scenarios and puts the variants side by side, as multiples of the first."
    )

    @Argument(help: "The scenarios, JSON files.")
    var files: [String]

    @OptionGroup var options: SimulationOptions

    // For who expects them as of "run".
    @Flag(help: .hidden) var json = false
    @Option(help: .hidden) var html: String?

    func validate() throws {
        guard !json, html == nil else {
            throw ValidationError(
                "compare prints tables only; run --json and run --html have the variants of a scenario side by side, too"
            )
        }
    }

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
#endif

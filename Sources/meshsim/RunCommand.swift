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

    @Option(help: "Also print a table for each part of the scenario between these instants: 10s,1m30s.")
    var split: String?

    func validate() throws {
        if let split, SimulationReport.instants(split) == nil {
            throw ValidationError("--split takes durations such as 10s,1m30s, not \"\(split)\"")
        }
        guard !json || split == nil else {
            throw ValidationError("--split is of no use with --json, which has all slices")
        }
        guard let html else { return }
        var isFolder: ObjCBool = false
        let folder = URL(filePath: html).deletingLastPathComponent().path
        guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue else {
            throw ValidationError("there is no folder \(folder) for the report")
        }
    }

    func run() throws {
        let scenario = try options.scenario(file)
        let bar = ProgressBar()
        let results = try Simulation(scenario).run { bar.show($0, $1) }
        bar.clear()
        let report = SimulationReport(scenario, results)
        print(json ? report.json() : report.table())
        if let instants = split.flatMap(SimulationReport.instants) { print("\n\(report.table(splitAt: instants))") }
        if let html { try Data(report.html().utf8).write(to: URL(filePath: html)) }
    }
}
#endif

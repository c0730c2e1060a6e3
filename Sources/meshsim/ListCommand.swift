#if Configuration
import ArgumentParser
import Foundation
import MeshSimulation

struct ListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Lists the scenarios of a folder, and the policies that there are."
    )

    @Argument(help: "The folder.")
    var folder = "Examples/Scenarios"

    func run() throws {
        guard let files = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
            throw ValidationError("\(folder) is no folder that can be read")
        }
        var failed = false
        for file in files.sorted() where file.hasSuffix(".json") {
            do {
                let scenario = try Scenario(contentsOfFile: "\(folder)/\(file)")
                print("\(folder)/\(file): \(scenario.summary)")
            } catch {
                failed = true
                FileHandle.standardError.write(Data("\(error)\n".utf8))
            }
        }
        print("policies: \(Simulation.policies.joined(separator: ", "))")
        if failed { throw ExitCode.failure }
    }
}
#endif

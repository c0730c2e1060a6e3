#if Configuration
import ArgumentParser

@main
struct MeshSimulator: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "meshsim",
        abstract: "Simulates fleets behind a service mesh, in virtual time.",
        subcommands: [RunCommand.self, CompareCommand.self, ListCommand.self, BenchCommand.self]
    )
}
#endif

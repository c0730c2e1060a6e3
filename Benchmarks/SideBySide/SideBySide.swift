#if AsyncHTTPClient && Transport
import ArgumentParser

/// HTTP clients compared on one machine, against one backend: they take turns, round after round, each time in a fresh
/// process.
@main
struct SideBySide: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sidebyside",
        abstract: "Compares HTTP clients with and without the mesh, in turns, and prints medians.",
        subcommands: [Compare.self, KeepRate.self, HoldIdle.self, MeasureOnce.self, MeasureIdle.self, Serve.self],
        defaultSubcommand: Compare.self
    )
}
#endif

#if AsyncHTTPClient
import ArgumentParser

/// HTTP clients compared on one machine, against one backend, in one run.
@main
struct SideBySide: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sidebyside",
        abstract: "Compares HTTP clients with and without the mesh.",
        subcommands: [Compare.self, MeasureOnce.self, Serve.self],
        defaultSubcommand: Compare.self
    )
}
#endif

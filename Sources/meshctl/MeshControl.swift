#if TLS
import ArgumentParser

@main
struct MeshControl: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "meshctl",
        abstract: "Tools for a service mesh.",
        subcommands: [AuthorityCommands.self, CertificateCommands.self]
    )
}
#endif

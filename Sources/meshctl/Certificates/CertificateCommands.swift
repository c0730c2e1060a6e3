#if TLS
import ArgumentParser

struct CertificateCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cert",
        abstract: "Certificates of workloads.",
        subcommands: [IssueCertificate.self, ShowCertificates.self]
    )
}
#endif

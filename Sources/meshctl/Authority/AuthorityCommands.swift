#if TLS
import ArgumentParser
import MeshTLS

struct AuthorityCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ca",
        abstract: "A certificate authority for development.",
        subcommands: [InitializeAuthority.self]
    )
}

struct InitializeAuthority: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Create a certificate authority.",
        discussion: """
            Writes ca.pem, the certificate, which is also the trust bundle, and ca-key.pem, its private key. The key lies on \
            the disk unprotected but for its mode: for laptops and tests, not for production.
            """
    )

    @Option(help: "The trust domain that the authority vouches for.")
    var trustDomain: DomainArgument = DomainArgument(trustDomain: "local.mesh")

    @Option(help: "The directory to write to; it is created.")
    var out = "mesh-pki"

    @Option(help: "How long the authority is valid: 90d, 12h, 30m.")
    var ttl = Lifetime(days: 365)

    func run() throws {
        let authority = try DevelopmentAuthority.make(for: trustDomain.trustDomain, ttl: ttl)
        let files = AuthorityFiles(directory: out)
        try NewFiles([
            .init(files.key, contents: try authority.keyPEM, kind: .secret),
            .init(files.certificate, contents: try authority.certificatePEM, kind: .open),
        ]).create(in: out)
        print(
            """
            Created an authority for \(trustDomain.trustDomain), valid for \(ttl):
              \(files.certificate)      the trust bundle
              \(files.key)  the private key of the authority: keep it to yourself
            Next: meshctl cert issue spiffe://\(trustDomain.trustDomain)/NAME\(out == "mesh-pki" ? "" : " --ca \(out)")
            """
        )
    }
}

/// Where an authority keeps its files.
struct AuthorityFiles {
    let certificate: String
    let key: String

    init(directory: String) {
        certificate = "\(directory)/ca.pem"
        key = "\(directory)/ca-key.pem"
    }
}
#endif

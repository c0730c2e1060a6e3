#if TLS
import ArgumentParser
import MeshTLS
import X509

struct IssueCertificate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "issue",
        abstract: "Issue a certificate for a workload (an X509-SVID).",
        discussion: """
            Writes svid.pem, the certificate, key.pem, its private key, and bundle.pem, the trust bundle: what a service \
            of the mesh reads.
            """
    )

    @Argument(help: "The SPIFFE ID of the workload: spiffe://local.mesh/users.")
    var id: String

    @Option(help: "A DNS name that the certificate is also good for; may be repeated.")
    var dns: [String] = []

    @Option(help: "The directory of the authority.")
    var ca = "mesh-pki"

    @Option(
        help: "The directory to write to; it is created. By default the path of the ID, below that of the authority."
    )
    var out: String?

    @Option(help: "How long the certificate is valid: 90d, 12h, 30m. Never longer than the authority.")
    var ttl = Lifetime(days: 1)

    @Flag(help: "Replace the files of a certificate that was issued before.")
    var renew = false

    func run() throws {
        let id = try SPIFFEID(id)
        let authority = try DevelopmentAuthority.read(from: ca)
        let issued = try authority.issue(id, dnsNames: dns, ttl: ttl)
        let directory = out ?? "\(ca)\(id.path)"
        let (svid, key, bundle) = ("\(directory)/svid.pem", "\(directory)/key.pem", "\(directory)/bundle.pem")
        let files = NewFiles([
            .init(key, contents: try issued.keyPEM, kind: .secret),
            .init(svid, contents: try issued.certificatePEM, kind: .open),
            .init(bundle, contents: try authority.certificatePEM, kind: .open),
        ])
        if renew {
            try files.replace(in: directory)
        } else {
            do {
                try files.create(in: directory)
            } catch let error as ControlError {
                throw ControlError("\(error), or renew the certificate with --renew")
            }
        }
        print(
            """
            Issued a certificate for \(id), valid until \(issued.certificate.notValidAfter):
              \(svid)    the certificate
              \(key)     its private key
              \(bundle)  the trust bundle
            """
        )
    }
}
#endif

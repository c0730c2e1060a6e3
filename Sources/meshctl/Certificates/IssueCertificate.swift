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
            of the mesh reads. A bundle.pem that is there when a certificate is renewed stays as it is; only if the root of \
            the authority is missing in it, that is added.
            """
    )

    @Argument(help: "The SPIFFE ID of the workload: spiffe://local.mesh/users.")
    var id: String

    @Option(help: "A host name or IP address that the certificate is also good for; may be repeated.")
    var dns: [String] = []

    @Option(help: "The directory of the authority.")
    var ca = "mesh-pki"

    @Option(
        help: "The directory to write to; it is created. By default the path of the ID, below that of the authority."
    )
    var out: String?

    @Option(help: "How long the certificate is valid: 90d, 12h, 30m. Never longer than the authority.")
    var ttl = Lifetime(days: 1)

    @Flag(help: "Replace the certificate and the key that were issued before.")
    var renew = false

    func run() throws {
        let id = try SPIFFEID(id)
        let hosts = try dns.map { try HostNames.generalName($0) }
        let authority = try DevelopmentAuthority.read(from: ca)
        let issued = try authority.issue(id, hosts: hosts, ttl: ttl)
        let directory = out ?? "\(ca)\(id.path)"
        let (svid, key, bundle) = ("\(directory)/svid.pem", "\(directory)/key.pem", "\(directory)/bundle.pem")
        let change: BundleChange = renew ? try BundleChange(at: bundle, adding: authority) : .created
        var files = [
            NewFiles.File(key, contents: try issued.keyPEM, kind: .secret),
            NewFiles.File(svid, contents: try issued.certificatePEM, kind: .open),
        ]
        switch change {
        case .created: files.append(.init(bundle, contents: try authority.certificatePEM, kind: .open))
        case .extended(let pem): files.append(.init(bundle, contents: pem, kind: .open))
        case .kept: break
        }
        if renew {
            try NewFiles(files).replace(in: directory)
        } else {
            do {
                try NewFiles(files).create(in: directory)
            } catch let error as ControlError {
                throw ControlError("\(error), or renew the certificate with --renew")
            }
        }
        print(
            """
            Issued a certificate for \(id), valid until \(issued.certificate.notValidAfter):
              \(svid)    the certificate
              \(key)     its private key
              \(bundle)  the trust bundle\(change.note)
            """
        )
    }
}
#endif

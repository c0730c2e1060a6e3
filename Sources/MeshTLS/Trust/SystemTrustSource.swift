#if TLS
import X509

/// The roots that the operating system trusts for host names, read once from where distributions keep them.
///
/// They never vouch for a SPIFFE ID. Looked for in `/etc/ssl/certs/ca-certificates.crt` (Debian, Alpine),
/// `/etc/pki/tls/certs/ca-bundle.crt` (Fedora) and `/etc/ssl/cert.pem` (macOS, BSD). On macOS roots that were added to a
/// keychain are not among them.
///
/// **Cost.** A hundred roots and more are parsed once, on the global executor.
public struct SystemTrustSource: TrustSource {
    private static let paths = [
        "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem",
    ]

    /// Creates a source.
    public init() {}

    /// Delivers the roots.
    public func run(_ deliver: @escaping @Sendable (Result<[TrustBundle], any Error>) -> Void) async {
        deliver(await Self.load())
    }

    @concurrent
    private static func load() async -> Result<[TrustBundle], any Error> {
        for path in paths {
            guard let pem = try? MaterialFile.read(path) else { continue }
            do {
                // One root of a kind that this library does not know must not cost all the others.
                return .success([try TrustBundle(.hostNames, roots: try PEM.readableCertificates(in: pem))])
            } catch {
                return .failure(CredentialSourceError(source: path, reason: "\(error)"))
            }
        }
        return .failure(
            CredentialSourceError(source: paths.joined(separator: ", "), reason: "none of the files can be read")
        )
    }
}

extension TrustSource where Self == SystemTrustSource {
    /// The roots that the operating system trusts for host names.
    public static var system: Self { SystemTrustSource() }
}
#endif

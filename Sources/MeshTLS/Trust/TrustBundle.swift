#if TLS
public import X509

/// The root certificates that vouch for one kind of name.
///
/// While roots are rotated a bundle holds the old and the new one: peers that chain to either are accepted.
public struct TrustBundle: Hashable, Sendable {
    /// For which names the roots vouch.
    public enum Scope: Hashable, Sendable, CustomStringConvertible {
        /// For SPIFFE IDs of this trust domain, and of no other.
        case trustDomain(TrustDomain)
        /// For host names and IP addresses of peers outside the SPIFFE world, and never for a SPIFFE ID.
        case hostNames

        /// The trust domain, or "host names".
        public var description: String {
            switch self {
            case .trustDomain(let domain): domain.name
            case .hostNames: "host names"
            }
        }
    }

    /// For which names the roots vouch.
    public let scope: Scope
    /// The roots; not empty.
    public let roots: [Certificate]

    /// Creates a bundle.
    ///
    /// - Throws: ``InvalidBundleError`` if there is no root, or, for a trust domain, one that is not an authority.
    public init(_ scope: Scope, roots: [Certificate]) throws(InvalidBundleError) {
        guard !roots.isEmpty else { throw InvalidBundleError(reason: "there is no root certificate") }
        if case .trustDomain = scope {
            for root in roots {
                // A leaf among the roots would be accepted as it is, without anybody's signature.
                guard case .isCertificateAuthority = try? root.extensions.basicConstraints else {
                    throw InvalidBundleError(reason: "\(root.subject) is not a certificate authority")
                }
            }
        }
        self.scope = scope
        self.roots = roots
    }

    /// Creates a bundle from the certificates in PEM text.
    ///
    /// - Throws: ``InvalidBundleError``, also if something in it cannot be read.
    public init(_ scope: Scope, pem: some Collection<UInt8>) throws(InvalidBundleError) {
        let roots: [Certificate]
        do {
            roots = try PEM.certificates(in: pem)
        } catch {
            throw InvalidBundleError(reason: "the bundle cannot be read: \(error)")
        }
        try self.init(scope, roots: roots)
    }
}

/// Why certificates are no trust bundle.
public struct InvalidBundleError: Error, Hashable, CustomStringConvertible {
    /// What is wrong.
    public let reason: String

    /// What is wrong.
    public var description: String { reason }
}
#endif

#if TLS
import X509

/// All roots that are in force at one moment, by what they vouch for.
struct TrustAnchors: Sendable {
    private let stores: [TrustBundle.Scope: CertificateStore]

    init(_ bundles: some Sequence<TrustBundle>) {
        var roots: [TrustBundle.Scope: [Certificate]] = [:]
        for bundle in bundles { roots[bundle.scope, default: []] += bundle.roots }
        stores = roots.mapValues { CertificateStore($0) }
    }

    subscript(scope: TrustBundle.Scope) -> CertificateStore? { stores[scope] }

    /// The trust domains, for messages.
    var trustDomains: [String] {
        stores.keys.compactMap { if case .trustDomain(let domain) = $0 { domain.name } else { nil } }.sorted()
    }
}
#endif

#if TLS
public import X509

/// Who the peer of a connection has proved to be.
public struct PeerIdentity: Hashable, Sendable {
    /// The SPIFFE ID; `nil` for a peer that was verified by its host name.
    public let spiffeID: SPIFFEID?
    /// The DNS names in the certificate.
    public let dnsNames: [String]
    /// The chain that was verified: the leaf first, a root of the trust bundle last.
    public let certificateChain: [Certificate]

    init(spiffeID: SPIFFEID?, verified chain: [Certificate]) {
        self.spiffeID = spiffeID
        certificateChain = chain
        let names = chain.first.flatMap { try? $0.extensions.subjectAlternativeNames } ?? SubjectAlternativeNames()
        dnsNames = names.compactMap { if case .dnsName(let name) = $0 { name } else { nil } }
    }
}

extension PeerIdentity: CustomStringConvertible {
    /// The SPIFFE ID, or else the DNS names.
    public var description: String { spiffeID.map { "\($0)" } ?? dnsNames.joined(separator: ", ") }
}
#endif

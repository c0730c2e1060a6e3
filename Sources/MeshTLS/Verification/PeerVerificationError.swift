#if TLS
public import MeshCore

/// A peer did not prove to be who it should be: who was expected, who was found, and what is wrong.
///
/// A fault of the endpoint, and the request was never sent: another endpoint may be tried.
public struct PeerVerificationError: ClassifiedError, Hashable {
    /// What is wrong.
    public enum Reason: String, Hashable, Sendable {
        /// The peer showed no certificate.
        case noCertificate
        /// It showed more certificates than are looked at.
        case chainTooLong
        /// A certificate, or an extension of the leaf, cannot be read.
        case malformedCertificate
        /// There is no name of URI form in the leaf.
        case noSPIFFEID
        /// There are several names of URI form in the leaf.
        case severalURINames
        /// The name of URI form is not a SPIFFE ID, or one without a path.
        case invalidSPIFFEID
        /// The leaf is a certificate of an authority.
        case leafIsAuthority
        /// The key usage of the leaf is missing, lacks digital signatures, or has the signing of certificates or CRLs.
        case keyUsage
        /// The extended key usage does not allow the role of the peer (TLS server or client).
        case extendedKeyUsage
        /// The leaf is not valid yet.
        case notYetValid
        /// The leaf is not valid any more.
        case expired
        /// There is no bundle for the trust domain of the peer, or none for host names.
        case unknownTrustDomain
        /// No chain leads from the leaf to a root of its bundle.
        case unknownAuthority
        /// A chain leads to a root, but breaks a rule on its way.
        case invalidChain
        /// BoringSSL found no chain that is in order from the leaf to a root of its bundle, and does not say whether the
        /// authority is unknown or a certificate has expired. Only with ``LeafVerification``.
        case unverifiedChain
        /// The certificate is in order, but belongs to someone else.
        case identityMismatch
    }

    /// What is wrong.
    public let reason: Reason
    /// Who was expected: a SPIFFE ID, a trust domain, a pattern, a name.
    public let expected: String
    /// Who the certificate says the peer is; `nil` if it does not say so in a form that can be read. Only with
    /// ``Reason/identityMismatch`` has somebody trusted vouched for it.
    public let found: String?
    /// A sentence with the particulars.
    public let detail: String

    /// A failure of the endpoint; the request was never sent.
    public var outcome: Outcome { Outcome(.failure, retry: .neverSent) }
}

extension PeerVerificationError: CustomStringConvertible {
    /// Expected, found, why, on one line.
    public var description: String {
        "the peer is not trusted: expected \(expected), found \(found ?? "nobody"): \(detail)"
    }
}
#endif

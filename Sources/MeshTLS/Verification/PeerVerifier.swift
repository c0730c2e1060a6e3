#if TLS
import MeshCore
import NIOSSL
import SwiftASN1
import X509

/// Decides whether the chain that a peer shows proves it to be who it should be.
///
/// Replaces every check of BoringSSL's, which still proves that the peer has the key of the leaf. In this order: the leaf
/// by the X509-SVID standard (or as a host's), a chain to a root of the *leaf's own* trust domain by RFC 5280, and last
/// whether this is who was expected.
///
/// Meant to run off the event loop: 0.7 ms for a chain of two P-256 certificates in a debug build.
struct PeerVerifier: Sendable {
    /// The most certificates that a peer may show. The search for a chain tries orders of them: five intermediates that
    /// all seem to have signed each other take 325 signatures to rule out, ten would take millions.
    static let longestChain = 6

    let anchors: TrustAnchors
    let role: PeerRole
    let expectation: PeerExpectation

    func verify(_ shown: [NIOSSLCertificate]) async -> Result<PeerIdentity, PeerVerificationError> {
        do throws(Refusal) {
            return .success(try await identity(shown))
        } catch {
            return .failure(PeerVerificationError(error, expected: expectation))
        }
    }

    private func identity(_ shown: [NIOSSLCertificate]) async throws(Refusal) -> PeerIdentity {
        guard !shown.isEmpty else { throw Refusal(.noCertificate, "it showed no certificate") }
        guard shown.count <= Self.longestChain else {
            throw Refusal(.chainTooLong, "it showed \(shown.count) certificates; \(Self.longestChain) are allowed")
        }
        let chain: [Certificate]
        do {
            chain = try shown.map { try Certificate(derEncoded: $0.toDERBytes()) }
        } catch {
            throw Refusal(.malformedCertificate, "a certificate cannot be read: \("\(error)".quoted())")
        }
        switch expectation {
        case .hostName, .address: return try await host(chain)
        case .spiffeID, .pattern, .trustDomain, .anyTrusted: return try await workload(chain)
        }
    }

    private func workload(_ chain: [Certificate]) async throws(Refusal) -> PeerIdentity {
        let id = try SVID.id(of: chain[0])
        do throws(Refusal) {
            try checkUsageAndDates(of: chain[0])
            guard let roots = anchors[.trustDomain(id.trustDomain)] else {
                let known = anchors.trustDomains.joined(separator: ", ")
                throw Refusal(
                    .unknownTrustDomain,
                    "there is no trust bundle for \(id.trustDomain) (there is: \(known.isEmpty ? "none" : known))"
                )
            }
            let verified = try await path(from: chain, to: roots)
            guard expectation.admits(id) else {
                throw Refusal(.identityMismatch, "the certificate is in order, but it is someone else's")
            }
            return PeerIdentity(spiffeID: id, verified: verified)
        } catch {
            throw Refusal(error.reason, error.detail, id: id)
        }
    }

    private func host(_ chain: [Certificate]) async throws(Refusal) -> PeerIdentity {
        let leaf = chain[0]
        try checkHost(leaf)
        guard let roots = anchors[.hostNames] else {
            throw Refusal(.unknownTrustDomain, "there is no trust bundle for host names")
        }
        let identity = PeerIdentity(spiffeID: nil, verified: try await path(from: chain, to: roots))
        try checkName(in: leaf)
        return identity
    }

    func checkHost(_ leaf: Certificate) throws(Refusal) {
        if let usage = try SVID.extensions({ try leaf.extensions.keyUsage }), !usage.digitalSignature {
            throw Refusal(.keyUsage, "the key usage of the certificate does not include digital signatures")
        }
        try checkUsageAndDates(of: leaf)
    }

    func checkName(in leaf: Certificate) throws(Refusal) {
        let names = try SVID.extensions { try leaf.extensions.subjectAlternativeNames } ?? SubjectAlternativeNames()
        let isExpected = names.contains { name in
            switch (name, expectation) {
            case (.dnsName(let pattern), .hostName(let host)): HostName.matches(pattern, host)
            case (.ipAddress(let octets), .address(let address)): address.matches(octets)
            default: false
            }
        }
        guard isExpected else {
            throw Refusal(
                .identityMismatch,
                "the certificate is in order, but it is for \(names.isEmpty ? "no name at all" : "\(names)".quoted())"
            )
        }
    }

    func checkUsageAndDates(of leaf: Certificate) throws(Refusal) {
        if let usage = try SVID.extensions({ try leaf.extensions.extendedKeyUsage }), !role.isAllowed(by: usage) {
            throw Refusal(.extendedKeyUsage, "the extended key usage of the certificate is not for \(role)")
        }
        let validity = Validity(of: [leaf])
        let now = WallTime.now()
        guard now >= validity.start else {
            throw Refusal(.notYetValid, "the certificate is valid from \(validity.start), and it is \(now)")
        }
        guard now <= validity.end else {
            throw Refusal(.expired, "the certificate was valid until \(validity.end), and it is \(now)")
        }
    }

    private func path(from chain: [Certificate], to roots: CertificateStore) async throws(Refusal) -> [Certificate] {
        var verifier = Verifier(rootCertificates: roots) {
            RFC5280Policy()
            ChainPolicy(role: role)
        }
        switch await verifier.validate(leaf: chain[0], intermediates: CertificateStore(chain.dropFirst())) {
        case .validCertificate(let path):
            return Array(path)
        case .couldNotValidate(let failures):
            guard let failure = failures.first else {
                throw Refusal(
                    .unknownAuthority,
                    "no chain leads to a root of its trust bundle; it was issued by \("\(chain[0].issuer)".quoted())"
                )
            }
            // The library describes whole certificates there, after it has said what is wrong with which.
            throw Refusal(.invalidChain, "a chain leads to a root, but \("\(failure.policyFailureReason)".quoted())")
        }
    }
}
#endif

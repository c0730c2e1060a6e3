#if TLS
public import MeshCore

/// Why a handshake cannot begin, or ended without a word about who the peer is.
public struct TLSError: ClassifiedError, Hashable {
    /// The kind of failure.
    public enum Code: String, Hashable, Sendable {
        /// There is no identity yet: its source has not delivered one.
        case noIdentity
        /// There is no trust bundle yet.
        case noTrust
        /// Neither the endpoint nor the configuration nor a server name says whom to expect.
        case noExpectation
        /// The expected identity is not a SPIFFE ID, trust domain or pattern.
        case invalidExpectation
        /// BoringSSL refused what it was given: a name, a protocol, a key.
        case invalidConfiguration
        /// The handshake failed for a reason other than the peer's identity: no common version, an alert, an end.
        case handshakeFailed
        /// The peer refused our certificate, or the lack of one.
        case refusedByPeer
    }

    /// The kind of failure.
    public let code: Code
    /// A sentence with the particulars.
    public let detail: String

    init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }

    /// What happened on the wire is held against the endpoint; what is missing or wrong on this side is not. The request
    /// was never sent.
    public var outcome: Outcome {
        switch code {
        case .handshakeFailed, .refusedByPeer: Outcome(.failure, retry: .neverSent)
        case .noExpectation, .invalidExpectation: Outcome(.inconclusive, retry: .neverSent)
        case .noIdentity, .noTrust, .invalidConfiguration: Outcome(.inconclusive, retry: .never)
        }
    }
}

extension TLSError: CustomStringConvertible {
    /// The sentence.
    public var description: String { detail }
}
#endif

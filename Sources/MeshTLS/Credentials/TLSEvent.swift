#if TLS
/// What happened to identities, bundles and peers: for logs, metrics and alarms.
public enum TLSEvent: Sendable {
    /// An identity came into force; new handshakes use it. Also when a source delivers again that had failed, even if it is the
    /// identity of before.
    case identityLoaded(TLSIdentity)
    /// A source failed to deliver an identity. The last good one, if any, stays in force.
    case identityFailed(any Error)
    /// The identity in force has little of its lifetime left, and no other has been delivered: a quarter, a tenth, nothing.
    /// Zero or negative once it has expired; handshakes then fail at the peer.
    case identityExpiring(TLSIdentity, remaining: Duration)
    /// Bundles came into force: all that one source vouches for. Also when a source delivers again that had failed, even if
    /// they are those of before.
    case trustLoaded([TrustBundle])
    /// A source failed to deliver bundles. The last good ones, if any, stay in force.
    case trustFailed(any Error)
    /// A peer did not prove who it should be; the connection was refused.
    case peerRefused(PeerVerificationError)
}

extension TLSEvent: CustomStringConvertible {
    /// A sentence for a log.
    public var description: String {
        switch self {
        case .identityLoaded(let identity): "identity loaded: \(identity)"
        case .identityFailed(let error): "identity not loaded: \(error)"
        case .identityExpiring(let identity, let remaining) where remaining > .zero:
            "identity expires in \(remaining): \(identity)"
        case .identityExpiring(let identity, _): "identity has expired: \(identity)"
        case .trustLoaded(let bundles):
            "trust loaded: \(bundles.map { "\($0.scope) (\($0.roots.count))" }.joined(separator: ", "))"
        case .trustFailed(let error): "trust not loaded: \(error)"
        case .peerRefused(let error): "\(error)"
        }
    }
}
#endif

import MeshCore

/// What went wrong with one message, or with one question to one name server.
public enum DNSError: Error, Hashable, Sendable {
    /// The text is no domain name.
    case invalidName(String, reason: String)
    /// The bytes are no DNS message: what is wrong, and at which byte.
    case malformed(String, offset: Int)
    /// No reply in time. Replies that did not belong to the question (another id, another name) were ignored.
    case timedOut(after: Duration, ignoredReplies: Int)
    /// The server cannot be reached, or hung up: what the system said.
    case unreachable(String)
    /// The server answered with an error.
    case responseCode(DNSResponseCode)
    /// The answer was cut off even over TCP.
    case truncated
    /// The aliases of the answer lead in a circle, or through too many names.
    case brokenAliasChain(String)
    /// The server neither knows the answer nor asks others for it.
    case notRecursive
}

extension DNSError: CustomStringConvertible {
    /// A phrase for a person.
    public var description: String {
        switch self {
        case .invalidName(let text, let reason): "\(text.quoted()) is not a domain name: \(reason)"
        case .malformed(let what, let offset): "malformed message at byte \(offset): \(what)"
        case .timedOut(let timeout, 0): "no reply within \(timeout)"
        case .timedOut(let timeout, let ignored):
            "no reply within \(timeout) (\(ignored) replies to other questions ignored)"
        case .unreachable(let reason): "unreachable: \(reason)"
        case .responseCode(let code): "\(code)"
        case .truncated: "the answer is cut off even over TCP"
        case .brokenAliasChain(let reason): "broken CNAME chain: \(reason)"
        case .notRecursive: "the server refers to others and does not ask them"
        }
    }
}

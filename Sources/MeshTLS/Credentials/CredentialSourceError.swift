#if TLS
/// Why a source has nothing to deliver: which one, and what is wrong.
public struct CredentialSourceError: Error, Hashable, CustomStringConvertible {
    /// The source: a path, several with commas between them, or a name.
    public let source: String
    /// What is wrong.
    public let reason: String

    /// Creates an error.
    public init(source: String, reason: String) {
        self.source = source
        self.reason = reason
    }

    /// Source and reason.
    public var description: String { "\(source): \(reason)" }
}
#endif

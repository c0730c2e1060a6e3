public import MeshCore

/// A response as the HTTP layers of the mesh need to see it, whatever type the transport underneath works with.
public protocol HTTPResponseMessage: CallResponse {
    /// The status code: 200.
    var statusCode: Int { get }

    /// The first value of a header; names are compared without regard to case.
    func headerValue(_ name: String) -> String?

    /// What looks up a field behind the body, once that has ended; `nil` if there never will be any. Does not keep the
    /// response alive.
    func trailerLookup() -> (@Sendable (String) -> String?)?
}

extension HTTPResponseMessage {
    /// No fields behind the body.
    public func trailerLookup() -> (@Sendable (String) -> String?)? { nil }
}

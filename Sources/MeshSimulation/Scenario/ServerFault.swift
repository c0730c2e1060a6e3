public import MeshCore

/// What goes wrong with some of the requests to a server.
public struct ServerFault: Hashable, Sendable {
    /// How it looks to the caller.
    public enum Kind: Hashable, Sendable {
        /// A response of this status, after a time and without any work.
        case failure(status: Int, after: Duration)
        /// No answer, ever.
        case hang
        /// The connection breaks at once, after the request was sent.
        case reset
    }

    /// How it looks.
    public var kind: Kind
    /// Which share of the requests it hits.
    public var share: Fraction

    /// Creates a fault.
    public init(_ kind: Kind, share: Fraction = .one) {
        self.kind = kind
        self.share = share
    }
}

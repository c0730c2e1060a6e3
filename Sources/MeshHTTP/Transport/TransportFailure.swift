public import MeshCore

/// An error that knows what it says about the endpoint and about another try.
///
/// Only the transport can tell a connection that was refused from one that broke after the request was sent, so it
/// says so in its errors, and the classifier passes it on.
public protocol TransportFailure: Error {
    /// What the error says about the endpoint, and whether the request may be sent again.
    var outcome: Outcome { get }
}

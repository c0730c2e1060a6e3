public import MeshCore

/// A request as the HTTP layers of the mesh need to see it, whatever type the transport underneath works with.
///
/// The stack runs on the message types of the client that a team already has; they conform with a thin wrapper, and
/// nothing is converted on the way.
///
/// A body may be *in memory*, which can be sent any number of times, or *streaming*, which cannot, unless it is
/// recorded while it is sent. The clients of the mesh call ``prepareForReplay(limit:)`` once, before the first
/// attempt, and ``canBeSentAgain`` is asked before every other.
public protocol HTTPRequestMessage: HeaderCarrier {
    /// The method as it stands in the request line: `GET`. Case-sensitive.
    var methodName: String { get }

    /// Whether another attempt can still send the whole body.
    ///
    /// True without a body and for a body in memory. For a streaming body, true until it has been started, and after
    /// ``prepareForReplay(limit:)`` as long as what was sent of it fits the limit.
    var canBeSentAgain: Bool { get }

    /// Makes a streaming body replayable: what is sent of it is kept, up to `limit` bytes, for the attempts to come.
    ///
    /// Copies made afterwards share the record. Does nothing to a body in memory. Costs one allocation for a
    /// streaming body, none otherwise. Calling it again changes nothing.
    mutating func prepareForReplay(limit: Int)
}

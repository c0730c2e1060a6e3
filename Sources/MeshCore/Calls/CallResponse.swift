/// A response that knows when it is over.
///
/// The head of a streaming response is in long before its body is. Whatever accounts for a call (the lease on the
/// endpoint, the deadline, the span) ends when the *body* ends, so such a response lets the layers above attach an
/// action to its end. A response without a body to wait for conforms with an empty extension.
public protocol CallResponse: Sendable {
    /// Whether it is over: nothing of it is still to come. The layers above then account for it at once, without an
    /// action that has to be kept. A response that cannot tell says no.
    var isOver: Bool { get }

    /// Runs `action` exactly once, when the response is over: read to its end, failed, or dropped.
    mutating func onEnd(_ action: @escaping @Sendable (ResponseEnd) -> Void)

    /// Lets go of a response that nobody will read, so that its connection can be reused or closed.
    consuming func discard()
}

/// How a response ended.
public enum ResponseEnd: Sendable {
    /// It was read to its end.
    case complete
    /// It broke off.
    case failed(any Error)
    /// Nobody wanted the rest.
    case dropped
}

extension CallResponse {
    /// By default a response is over when it is returned.
    @inlinable
    public var isOver: Bool { true }

    /// Runs `action` now.
    @inlinable
    public mutating func onEnd(_ action: @escaping @Sendable (ResponseEnd) -> Void) { action(.complete) }

    /// Does nothing.
    @inlinable
    public consuming func discard() {}
}

extension String: CallResponse {}
extension Int: CallResponse {}

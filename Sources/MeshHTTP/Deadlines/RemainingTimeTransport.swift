public import MeshCore

/// Tells the next hop how much time is left, with every attempt anew. See ``RemainingTime``.
public struct RemainingTimeTransport<Base: HTTPTransport>: HTTPTransport, TransportLayer {
    /// Sends the requests.
    public let base: Base

    /// Creates the transport around another.
    @inlinable
    public init(_ base: Base) {
        self.base = base
    }

    /// Sets the header, if the call has a deadline, and sends the request.
    @inlinable
    public func send(
        _ request: Base.Request,
        to endpoint: Endpoint,
        context: CallContext
    ) async throws -> Base.Response {
        guard context.deadline.isFinite else { return try await base.send(request, to: endpoint, context: context) }
        var request = request
        request.setRemainingTime(until: context.deadline, at: context.attemptStartedAt)
        return try await base.send(request, to: endpoint, context: context)
    }
}

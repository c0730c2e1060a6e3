public import MeshCore

/// Tells the next hop how much time is left, with every attempt anew. See ``RemainingTime``.
public struct RemainingTimeTransport<Base: HTTPTransport>: HTTPTransport, TransportLayer {
    /// Sends the requests.
    public let base: Base

    @usableFromInline let clock: MeshClock

    /// Creates the transport around another.
    @inlinable
    public init(_ base: Base, clock: MeshClock = .continuous) {
        self.base = base
        self.clock = clock
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
        // The first attempt leaves as soon as the call has entered the mesh: spare it the clock.
        let now = context.attempt == 1 ? context.startedAt : clock.now
        request.setRemainingTime(until: context.deadline, at: now)
        return try await base.send(request, to: endpoint, context: context)
    }
}

public import MeshCore

/// Makes every request replayable before its first attempt. Sits above the retries.
///
/// A streaming body is recorded while it is sent, up to the limit; a body in memory needs nothing.
public struct ReplayFilter<Request: HTTPRequestMessage, Response: Sendable>: Filter {
    /// How many bytes of a streaming body are kept. 64 KiB unless said otherwise, as in linkerd2-proxy.
    public let limit: Int

    /// Creates the filter.
    ///
    /// - Precondition: `limit` is not negative.
    public init(limit: Int = 64 * 1024) {
        precondition(limit >= 0, "the replay limit is negative: \(limit)")
        self.limit = limit
    }

    /// Passes the request on, replayable.
    @inlinable
    public func call<Next: Service<Request, Response>>(
        _ request: Request,
        context: CallContext,
        next: Next
    ) async throws -> Response {
        var request = request
        request.prepareForReplay(limit: limit)
        return try await next.call(request, context: context)
    }
}

#if HTTP
public import HTTPTypes
import MeshAdmission
public import MeshCore
public import MeshHTTP
import MeshLoadBalancing

/// Calls one service in the terms of swift-http-types, over any transport that speaks HTTP. Made by
/// ``Mesh/http(_:over:replayLimit:)``.
///
/// A value, cheap to copy; all clients of a service share its endpoints, breakers and budget.
///
/// It is a `Service` itself: a filter of one's own around it sees the whole call, and may say in the context what the call is
/// about (`CallContext.hashKey`) or which endpoints may take it (`CallContext.subset`).
public struct HTTPServiceClient<Carrier: HTTPTransport>: Service
where Carrier.Request == HTTPCallRequest, Carrier.Response == HTTPCallResponse {
    /// How many bytes of a streaming request body are kept so that it can be sent again.
    public let replayLimit: Int

    @usableFromInline let client:
        ServiceClient<RemainingTimeTransport<Carrier>, HTTPClassifier<HTTPCallRequest, HTTPCallResponse>>

    init(
        _ client: ServiceClient<
            RemainingTimeTransport<Carrier>, HTTPClassifier<HTTPCallRequest, HTTPCallResponse>
        >,
        replayLimit: Int
    ) {
        self.client = client
        self.replayLimit = replayLimit
    }

    /// The service that it calls.
    @inlinable
    public var service: ServiceName { client.service }

    /// Calls the service.
    ///
    /// A request with neither an authority nor a `Host` field names the service in their place.
    ///
    /// - Parameters:
    ///   - request: What to send.
    ///   - timeout: How long the call may take, all attempts and the body included; the service's own timeout and the
    ///     inherited deadline count if they are shorter.
    /// - Returns: The response of the last attempt, whatever its status, as soon as its head is in. Its body must be read
    ///   or dropped.
    /// - Throws: `MeshError`; `CancellationError` when the caller is cancelled.
    @inlinable
    public func execute(_ request: HTTPCallRequest, timeout: Duration? = nil) async throws -> HTTPCallResponse {
        try await client.call(prepared(request), timeout: timeout)
    }

    /// Calls the service as ``execute(_:timeout:)`` does, as part of a call that has begun already: by the deadline of
    /// `context`.
    @inlinable
    public func call(_ request: HTTPCallRequest, context: CallContext) async throws -> HTTPCallResponse {
        try await client.call(prepared(request), context: context)
    }

    @inlinable
    func prepared(_ request: HTTPCallRequest) -> HTTPCallRequest {
        var request = request
        if request.authority == nil { request.head.authority = service.rawValue }
        request.prepareForReplay(limit: replayLimit)
        return request
    }

    /// Gets `path` of the service, as ``execute(_:timeout:)`` does.
    ///
    /// - Parameters:
    ///   - path: Path and query, beginning with a slash.
    ///   - headers: The headers of the request; none unless said otherwise.
    ///   - timeout: How long the call may take.
    @inlinable
    public func get(
        _ path: String,
        headers: HTTPFields = [:],
        timeout: Duration? = nil
    ) async throws -> HTTPCallResponse {
        let head = HTTPRequest(
            method: .get,
            scheme: "http",
            authority: nil,
            path: path,
            headerFields: headers
        )
        return try await execute(HTTPCallRequest(head), timeout: timeout)
    }
}

extension Mesh {
    /// Makes a client of an HTTP service over a transport, which the mesh closes in the end.
    ///
    /// ```swift
    /// let users = try mesh.http("users", over: AsyncHTTPClientCallTransport())
    /// let response = try await users.get("/users/42", timeout: .seconds(2))
    /// ```
    ///
    /// Statuses are judged as ``ServiceConfiguration/http`` says, and each attempt tells the next hop how much time is
    /// left. Make a client once and keep it.
    ///
    /// With the policy `prequal` it sends the probes, as ``ServiceConfiguration/probePath`` says, with the scheme `http`, which does not
    /// keep a transport with TLS of its own from using it. One that goes by the scheme, as `AsyncHTTPClientCallTransport`, sends them
    /// without TLS, so that endpoints that want TLS answer none.
    ///
    /// What happens to the connections of `transport` is its own affair and does not go into `ConnectionMetrics`;
    /// ``http(_:transport:replayLimit:)`` sees to that.
    ///
    /// - Parameters:
    ///   - service: The service to call.
    ///   - transport: Sends the requests.
    ///   - replayLimit: How many bytes of a streaming request body are kept so that it can be sent again; 64 KiB unless
    ///     said otherwise. A request that has sent more gets no further attempt.
    /// - Precondition: `replayLimit` is not negative.
    /// - Throws: What ``client(for:over:classifier:)`` throws.
    public func http<Carrier: HTTPTransport>(
        _ service: ServiceName,
        over transport: Carrier,
        replayLimit: Int = 64 * 1024
    ) throws -> HTTPServiceClient<Carrier>
    where Carrier.Request == HTTPCallRequest, Carrier.Response == HTTPCallResponse {
        precondition(replayLimit >= 0, "the replay limit must not be negative")
        let client = try httpClient(for: service, over: transport) { path in
            HTTPCallRequest(HTTPRequest(method: .get, scheme: "http", authority: service.rawValue, path: path))
        }
        return HTTPServiceClient(client, replayLimit: replayLimit)
    }
}
#endif

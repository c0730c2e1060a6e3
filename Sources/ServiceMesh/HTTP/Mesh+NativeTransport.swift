#if Transport
public import MeshCore
import MeshTelemetry
public import MeshTransport

extension Mesh {
    /// Makes a client of an HTTP service over connections of the mesh's own.
    ///
    /// ```swift
    /// let users = try mesh.http("users")
    /// let response = try await users.get("/users/42", timeout: .seconds(2))
    /// ```
    ///
    /// Make a client once and keep it: each has connections of its own. They are counted in `ConnectionMetrics`, which those
    /// of a transport given to ``http(_:over:replayLimit:)`` are not.
    ///
    /// - Parameters:
    ///   - service: The service to call.
    ///   - transport: How connections are made: TLS, protocols, limits.
    ///   - replayLimit: How many bytes of a streaming request body are kept so that it can be sent again; 64 KiB unless
    ///     said otherwise.
    /// - Precondition: `replayLimit` is not negative.
    /// - Throws: What ``client(for:over:classifier:)`` throws.
    public func http(
        _ service: ServiceName,
        transport: NativeTransport.Configuration = .init(),
        replayLimit: Int = 64 * 1024
    ) throws -> HTTPServiceClient<NativeTransport> {
        var transport = transport
        let metrics = connectionMetrics(of: service)
        transport.onEvent = { [onEvent = transport.onEvent] event in
            switch event {
            case .opened(_, _, let duration): metrics.connectionOpened(after: duration)
            case .closed(_, let reason, _): metrics.connectionClosed(because: reason)
            case .failed: metrics.connectionFailed()
            }
            onEvent?(event)
        }
        return try http(service, over: NativeTransport(transport), replayLimit: replayLimit)
    }
}
#endif

#if Transport
public import MeshCore
public import MeshTransport

extension Mesh {
    /// Makes a client of an HTTP service over connections of the mesh's own.
    ///
    /// ```swift
    /// let users = try mesh.http("users")
    /// let response = try await users.get("/users/42", timeout: .seconds(2))
    /// ```
    ///
    /// Make a client once and keep it: each has connections of its own.
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
        try http(service, over: NativeTransport(transport), replayLimit: replayLimit)
    }
}
#endif

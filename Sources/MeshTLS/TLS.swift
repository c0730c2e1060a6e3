#if TLS
public import MeshCore
public import NIOSSL

/// Stub.
public final class ClientTLS: Sendable {
    /// Stub.
    public func makeHandshake(
        with endpoint: Endpoint,
        serverName: String?,
        applicationProtocols: [String]
    ) throws -> ClientHandshake {
        throw CancellationError()
    }
}

/// Stub.
public final class ClientHandshake {
    /// Stub.
    public let handler: NIOSSLClientHandler
    /// Stub.
    public var result: Result<Void, any Error>?

    init(handler: NIOSSLClientHandler) { self.handler = handler }
}
#endif

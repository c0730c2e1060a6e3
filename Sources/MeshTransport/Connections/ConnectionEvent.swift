#if Transport
public import MeshCore
public import MeshTelemetry

/// Something that happened to a connection.
public enum ConnectionEvent: Sendable {
    /// A connection is open: with which protocol, and how long that took, handshakes included.
    case opened(Address, HTTPVersion, after: Duration)
    /// No connection could be made.
    case failed(Address, any Error)
    /// A connection closed, and why; with the error if it broke.
    case closed(Address, CloseReason, (any Error)?)
}

/// A version of HTTP.
public enum HTTPVersion: String, Hashable, Sendable {
    /// HTTP/1.1, and HTTP/1.0 where the server answers so.
    case http1 = "http/1.1"
    /// HTTP/2.
    case http2 = "h2"
}
#endif

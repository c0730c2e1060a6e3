import MeshCore
public import MeshHTTP

/// In-process endpoints may speak HTTP.
extension InProcessTransport: HTTPTransport where Request: HTTPRequestMessage, Response: HTTPResponseMessage {}

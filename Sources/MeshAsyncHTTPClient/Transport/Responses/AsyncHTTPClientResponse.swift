#if AsyncHTTPClient
public import AsyncHTTPClient
public import MeshCore
public import MeshHTTP
public import NIOHTTP1

/// A response of AsyncHTTPClient on its way through the mesh.
public struct AsyncHTTPClientResponse: HTTPResponseMessage {
    /// Version, status and headers.
    public let head: HTTPResponseHead
    let body: ResponseBody
    private let request: HTTPClientRequest

    init(_ head: HTTPResponseHead, body: ResponseBody, to request: HTTPClientRequest) {
        self.head = head
        self.body = body
        self.request = request
    }

    /// No: the body comes in after the head, if there is one.
    public var isOver: Bool { false }

    /// The status code: 200.
    public var statusCode: Int { Int(head.status.code) }

    /// The response in AsyncHTTPClient's own type. Its body is the body of this response, and can be read once.
    ///
    /// Its `url` is the logical one that was requested.
    public var message: HTTPClientResponse {
        HTTPClientResponse(
            version: head.version,
            status: head.status,
            headers: head.headers,
            body: .stream(ResponseBody.Buffers(body: body)),
            history: [HTTPClientRequestResponse(request: request, responseHead: head)]
        )
    }

    /// The first value of a header.
    public func headerValue(_ name: String) -> String? { head.headers.first(name: name) }

    /// Runs `action` exactly once: when the last byte has arrived, when the response breaks off, or when it is dropped.
    public mutating func onEnd(_ action: @escaping @Sendable (ResponseEnd) -> Void) { body.onEnd(action) }

    /// Drops the rest of the body.
    public consuming func discard() { body.discard() }
}
#endif

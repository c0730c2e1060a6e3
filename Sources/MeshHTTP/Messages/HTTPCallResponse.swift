#if HTTP
public import HTTPTypes
public import MeshCore

/// A response in the mesh's own terms: a head of swift-http-types and a body.
public struct HTTPCallResponse: HTTPResponseMessage {
    /// Status and headers.
    public var head: HTTPResponse
    /// The body.
    public var body: HTTPBody

    private let knownTrailers: HTTPFields?

    /// Creates a response.
    public init(_ head: HTTPResponse, body: HTTPBody = .empty, trailers: HTTPFields? = nil) {
        self.head = head
        self.body = body
        self.knownTrailers = trailers
    }

    /// The fields behind the body; `nil` if there are none, or the body has not been read to its end.
    public var trailers: HTTPFields? { knownTrailers ?? (body.source as? any HTTPTrailerSource)?.trailers }

    /// Whether the body is there as a whole, or there is none.
    public var isOver: Bool { body.isOver }

    /// The status code: 200.
    public var statusCode: Int { head.status.code }

    /// The first value of a header.
    public func headerValue(_ name: String) -> String? {
        head.headerFields.first(name)
    }

    /// Looks up fields of ``trailers``.
    public func trailerLookup() -> (@Sendable (String) -> String?)? {
        if let knownTrailers { return { knownTrailers.first($0) } }
        guard let source = body.source as? any HTTPTrailerSource else { return nil }
        return { [weak source] in source?.trailers?.first($0) }
    }

    /// Runs `action` exactly once, when the body is over.
    public mutating func onEnd(_ action: @escaping @Sendable (ResponseEnd) -> Void) { body.onEnd(action) }

    /// Drops what has not been read.
    public consuming func discard() { body.discard() }
}

extension HTTPFields {
    fileprivate func first(_ name: String) -> String? {
        HTTPField.Name(name).flatMap { self[values: $0].first }
    }
}

/// A body that knows the trailers behind it.
public protocol HTTPTrailerSource: HTTPBodySource {
    /// The trailers, once the body has ended; `nil` before, and if there are none.
    var trailers: HTTPFields? { get }
}
#endif

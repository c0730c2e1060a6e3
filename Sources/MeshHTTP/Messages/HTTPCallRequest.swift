#if HTTP
public import HTTPTypes
import MeshCore

/// A request in the mesh's own terms: a head of swift-http-types and a body.
///
/// The host of the endpoint does not appear in it: ``authority`` is the logical host.
public struct HTTPCallRequest: HTTPRequestMessage {
    /// Method, scheme, authority, path and headers.
    public var head: HTTPRequest
    /// The body.
    public var body: HTTPBody

    /// Creates a request.
    public init(_ head: HTTPRequest, body: HTTPBody = .empty) {
        self.head = head
        self.body = body
    }

    /// The method: `GET`.
    public var methodName: String { head.method.rawValue }

    /// The logical host: the authority of the head, else its `Host` field. What the transports send as either.
    public var authority: String? { head.authority ?? head.headerFields[values: .host].first }

    /// Whether the body can be read from its start.
    public var canBeSentAgain: Bool { body.canBeRead }

    /// Records a streaming body while it is sent.
    public mutating func prepareForReplay(limit: Int) { body.prepareForReplay(limit: limit) }

    /// All values of a header, in order; none if `name` is not a header name.
    public func headerValues(_ name: String) -> [String] {
        HTTPField.Name(name).map { head.headerFields[values: $0] } ?? []
    }

    /// Replaces every value of a header. Does nothing if `name` is not a header name.
    public mutating func setHeader(_ name: String, to value: String) {
        // The one that each attempt sets need not be checked each time.
        let known = name == RemainingTime.headerName ? Self.remainingTime : HTTPField.Name(name)
        guard let known else { return }
        head.headerFields[known] = value
    }

    private static let remainingTime = HTTPField.Name(RemainingTime.headerName)
}

extension HTTPField.Name {
    /// For messages that come from HTTP/1.1; swift-http-types has no name for it.
    package static let host = HTTPField.Name("Host")!
}
#endif

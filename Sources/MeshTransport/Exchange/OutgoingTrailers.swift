#if Transport
import HTTPTypes
import MeshHTTP

/// Fields behind the body of a request that have been checked and can be written to any connection.
struct OutgoingTrailers: Sendable {
    /// At least one.
    let fields: HTTPFields

    /// - Returns: `nil` if there are none.
    /// - Throws: ``InvalidRequestError/trailer(_:)``.
    init?(_ fields: HTTPFields) throws(InvalidRequestError) {
        guard !fields.isEmpty else { return nil }
        for field in fields {
            let name = field.name.rawName
            guard !name.isEmpty, name.utf8.allSatisfy(FieldLine.isTokenByte),
                !Self.forbidden.contains(field.name.canonicalName),
                field.withUnsafeBytesOfValue({ $0.allSatisfy(FieldLine.isValueByte) })
            else { throw .trailer(name) }
        }
        self.fields = fields
    }

    /// What frames, routes, authenticates or modifies a request, or says how its content is to be read, comes too late behind
    /// it, or is an attempt to smuggle (RFC 9110, 6.5.1).
    private static let forbidden: Set<String> = [
        // Framing and the connection.
        "content-length", "transfer-encoding", "connection", "keep-alive", "proxy-connection", "te", "trailer",
        "upgrade",
        // Routing.
        "host",
        // Request modifiers.
        "cache-control", "expect", "max-forwards", "pragma", "range", "if-match", "if-none-match", "if-modified-since",
        "if-unmodified-since", "if-range",
        // Who asks.
        "authorization", "proxy-authorization", "cookie", "set-cookie", "www-authenticate", "proxy-authenticate",
        // The content.
        "content-encoding", "content-type", "content-range",
    ]
}
#endif

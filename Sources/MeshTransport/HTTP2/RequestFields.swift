#if Transport
import HTTPTypes
import NIOHPACK

/// Writes the head of a request as fields of HTTP/2 (RFC 9113, 8.2 and 8.3). What it is given has been checked, and has no
/// field that concerns the connection: see ``OutgoingRequest``.
enum RequestFields {
    static func encode(_ request: OutgoingRequest, scheme: String) -> HPACKHeaders {
        var headers = HPACKHeaders()
        headers.reserveCapacity(request.fields.count + 5)
        headers.add(name: ":method", value: request.method.rawValue)
        headers.add(name: ":scheme", value: scheme)
        headers.add(name: ":authority", value: request.authority)
        headers.add(name: ":path", value: request.target, indexing: request.target == "/" ? .indexable : .nonIndexable)
        for field in request.fields {
            let name = field.name.canonicalName
            if name == "te", field.value.lowercased() != "trailers" { continue }
            headers.add(name: name, value: field.value, indexing: indexing(of: field, name))
        }
        if case .length(let length) = request.framing {
            headers.add(name: "content-length", value: String(length), indexing: .nonIndexable)
        }
        return headers
    }

    /// What differs from call to call would only push the rest out of the table, and secrets are kept out of it: who shares
    /// a connection could guess them by the size of what is sent (RFC 7541, 7.1).
    private static func indexing(of field: HTTPField, _ name: String) -> HPACKIndexing {
        switch field.indexingStrategy {
        case .prefer: return .indexable
        case .avoid: return .nonIndexable
        case .disallow: return .neverIndexed
        default: break
        }
        switch name {
        case "authorization", "proxy-authorization", "cookie": return .neverIndexed
        case "traceparent", "tracestate", "baggage", "x-request-id", "idempotency-key", "grpc-timeout", "etag",
            "if-match", "if-none-match", "if-modified-since", "range", "date":
            return .nonIndexable
        default: return .indexable
        }
    }
}
#endif

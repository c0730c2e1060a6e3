#if Transport
import HTTPTypes
import NIOHPACK

/// Writes the head of a request as fields of HTTP/2 (RFC 9113, 8.2 and 8.3). What it is given has been checked, and has no
/// field that concerns the connection: see ``OutgoingRequest``.
struct RequestFields {
    private(set) var headers = HPACKHeaders()
    /// Bytes of names and values, and a little more for each field.
    private var size = 0

    init(_ request: OutgoingRequest, scheme: String) {
        headers.reserveCapacity(request.fields.count + 5)
        add(":method", request.method.rawValue)
        add(":scheme", scheme)
        add(":authority", request.authority)
        add(":path", request.target, request.target == "/" ? .indexable : .nonIndexable)
        for field in request.fields {
            let name = field.name.canonicalName
            if name == "te", field.value.lowercased() != "trailers" { continue }
            add(name, field.value, Self.indexing(of: field, name))
        }
        if case .length(let length) = request.framing { add("content-length", String(length), .nonIndexable) }
    }

    /// Trailers, which have no pseudo-fields.
    init(_ trailers: OutgoingTrailers) {
        for field in trailers.fields {
            // They differ from call to call: that is why they come so late.
            let indexing = Self.indexing(of: field, field.name.canonicalName)
            add(field.name.canonicalName, field.value, indexing == .indexable ? .nonIndexable : indexing)
        }
    }

    private mutating func add(_ name: String, _ value: String, _ indexing: HPACKIndexing = .indexable) {
        size += name.utf8.count + value.utf8.count + 16
        headers.add(name: name, value: value, indexing: indexing)
    }

    /// Whether the head is sure to fit into one frame, whatever compression makes of it: the frame handler cannot divide it,
    /// and a peer closes the connection of whoever sends a larger one.
    func fit(in limit: Int) -> Bool {
        // No code is longer than 30 bits.
        if size * 4 <= limit { return true }
        var bits = 0
        for (name, value, _) in headers {
            bits += 16 * 8
            for byte in name.utf8 { bits += Self.longestCode(of: byte) }
            for byte in value.utf8 { bits += Self.longestCode(of: byte) }
        }
        return bits <= limit * 8
    }

    /// The bits of the longest code in the class of a byte (RFC 7541, appendix B).
    private static func longestCode(of byte: UInt8) -> Int {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x20, 0x25, 0x26, 0x2A, 0x2C...0x2F, 0x3A, 0x3B, 0x3D, 0x5F: 8
        case 0x21...0x7E: 19
        default: 30
        }
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

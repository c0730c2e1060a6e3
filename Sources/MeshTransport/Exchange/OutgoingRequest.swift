#if Transport
import HTTPTypes
import MeshCore
import MeshHTTP

/// A request that has been checked and can be written to any connection.
///
/// Names, values and target cannot smuggle anything: whatever could end a line or a message early is refused here, before a
/// connection is touched.
struct OutgoingRequest: Sendable {
    /// How the end of the body is told.
    enum Framing: Hashable {
        case none
        case length(Int64)
        case unknown
    }

    enum Body: Sendable {
        case none
        case bytes([UInt8])
        case stream(HTTPBody)
    }

    let method: HTTPRequest.Method
    let authority: String
    let target: String
    /// Without those that belong to one connection.
    let fields: HTTPFields
    let framing: Framing
    let body: Body

    /// How many bytes the body must have; `nil` if it may have any number.
    var bodyLength: Int64? {
        switch framing {
        case .none: 0
        case .length(let length): length
        case .unknown: nil
        }
    }

    /// Whether the body waits for `100 Continue`.
    let expectsContinue: Bool
    /// Whether the caller asked for the connection to be closed.
    let closesConnection: Bool

    init(_ request: HTTPCallRequest, service: String) throws(InvalidRequestError) {
        let head = request.head
        guard head.method != .connect else { throw .method(head.method.rawValue) }
        method = head.method
        authority = request.authority ?? service
        guard Self.isAuthority(authority) else { throw .authority(authority) }
        target = head.path ?? "/"
        guard Self.isTarget(target, of: method) else { throw .target(target) }

        if let bytes = request.body.bytes {
            body = bytes.isEmpty ? .none : .bytes(bytes)
        } else {
            body = .stream(request.body)
        }
        let filtered = try ConnectionFields(head.headerFields)
        closesConnection = filtered.closesConnection
        framing = try Self.framing(request.body, method, declared: filtered.declaredLength)
        expectsContinue = filtered.expectsContinue && framing != .none && framing != .length(0)
        var fields = filtered.fields
        // Without content there is nothing to ask for (RFC 9110, 10.1.1).
        if filtered.expectsContinue, !expectsContinue { fields[.expect] = nil }
        self.fields = fields
    }

    private static func framing(
        _ body: HTTPBody,
        _ method: HTTPRequest.Method,
        declared: Int64?
    ) throws(InvalidRequestError) -> Framing {
        guard let length = body.length else {
            guard let declared else { return .unknown }
            guard body.trailers == nil else { throw .trailersWithLength }
            return .length(declared)
        }
        guard length >= 0, declared == nil || declared == length else { throw .contentLength }
        // A method that usually has a body says that it has none (RFC 9110, 8.6).
        return length == 0 && ![.post, .put, .patch].contains(method) ? .none : .length(length)
    }

    private static func isAuthority(_ text: String) -> Bool {
        !text.isEmpty
            && text.everyByte { byte in
                switch byte {
                // The delimiters around an authority.
                case 0x22, 0x23, 0x2F, 0x3C, 0x3E, 0x3F, 0x40, 0x5C: false
                default: (0x21...0x7E).contains(byte)
                }
            }
    }

    private static func isTarget(_ text: String, of method: HTTPRequest.Method) -> Bool {
        guard text.everyByte({ (0x21...0x7E).contains($0) && $0 != 0x23 }) else { return false }
        return text.utf8.first == UInt8(ascii: "/") || text == "*" && method == .options
    }
}

extension String {
    /// Whether every byte is as it should be; faster than to ask its UTF-8 one by one.
    @inline(__always)
    fileprivate func everyByte(_ isRight: (UInt8) -> Bool) -> Bool {
        utf8.withContiguousStorageIfAvailable { $0.allSatisfy(isRight) } ?? utf8.allSatisfy(isRight)
    }
}

/// Splits the fields of a request into those that are sent on and those that concern one connection, which is the
/// transport's affair.
private struct ConnectionFields {
    private(set) var fields: HTTPFields
    private(set) var declaredLength: Int64?
    private(set) var expectsContinue = false
    private(set) var closesConnection = false

    init(_ all: HTTPFields) throws(InvalidRequestError) {
        fields = all
        var isChanged = false
        for field in all where Self.mayConcern(field.name) {
            switch field.name {
            case .contentLength:
                guard let length = Int64(field.value), length >= 0, declaredLength == nil || declaredLength == length
                else { throw .contentLength }
                declaredLength = length
                isChanged = true
            case .connection:
                closesConnection =
                    closesConnection
                    || field.value.lowercased().split(separator: ",").contains {
                        $0.filter { $0 != " " && $0 != "\t" } == "close"
                    }
                isChanged = true
            case .host, .keepAlive, .proxyConnection:
                isChanged = true
            case .transferEncoding:
                guard field.value.lowercased() == "chunked" else { throw .field(field.name.rawName) }
                isChanged = true
            case .upgrade:
                throw .field(field.name.rawName)
            case .expect:
                guard field.value.lowercased() == "100-continue" else { throw .field(field.name.rawName) }
                expectsContinue = true
            default:
                break
            }
        }
        if isChanged { fields.removeAll { Self.own.contains($0.name) } }
    }

    /// The fields that the transport writes itself or not at all.
    private static let own: [HTTPField.Name] = [
        .contentLength, .connection, .host, .keepAlive, .proxyConnection, .transferEncoding,
    ]

    /// Whether a name is as long as one of those that matter here, which is sooner known than which it is.
    private static func mayConcern(_ name: HTTPField.Name) -> Bool {
        switch name.rawName.utf8.count {
        case 4, 6, 7, 10, 14, 16, 17: true
        default: false
        }
    }
}

extension HTTPField.Name {
    static let keepAlive = HTTPField.Name("Keep-Alive")!
    static let proxyConnection = HTTPField.Name("Proxy-Connection")!
}

/// Why a request cannot be sent, to no endpoint.
public enum InvalidRequestError: Error, Hashable, Sendable, CustomStringConvertible {
    /// CONNECT, which makes a tunnel and not a call.
    case method(String)
    /// The authority is empty or has a byte that does not belong there.
    case authority(String)
    /// The path does not begin with a slash, or has a byte that does not belong there.
    case target(String)
    /// `Content-Length` is no number, or not the length of the body.
    case contentLength
    /// A field with this name cannot be sent, or not with its value.
    case field(String)
    /// A field with this name cannot be sent behind a body.
    case trailer(String)
    /// There is a `Content-Length`, and fields behind the body: HTTP/1.1 has no place for them then.
    case trailersWithLength
    /// The fields, or those behind the body, may take more than this many bytes when compressed, which is what the endpoint takes in one frame of HTTP/2.
    case headTooLarge(Int)
    /// The scheme is `https` and the transport has no TLS, or the scheme is none of HTTP's.
    case scheme(String)
    /// The endpoint must prove an identity, and the transport has no TLS.
    case identityWithoutTLS

    /// A phrase for a person.
    public var description: String {
        switch self {
        case .method(let method): "the method \(method) cannot be sent"
        case .authority(let text): "\(text.quoted()) is not an authority"
        case .target(let text): "\(text.quoted()) is not a path"
        case .contentLength: "Content-Length is not the length of the body"
        case .field(let name): "the field \(name) cannot be sent"
        case .trailer(let name): "the field \(name) cannot be sent behind a body"
        case .trailersWithLength: "a request with Content-Length cannot have fields behind its body"
        case .headTooLarge(let limit): "the head does not fit into \(limit) bytes"
        case .scheme(let scheme): "the transport cannot speak \(scheme)"
        case .identityWithoutTLS: "the endpoint must prove an identity, which needs TLS"
        }
    }
}
#endif

#if AsyncHTTPClient
/// The parts of the URL of a request that a transport needs: who is meant, and what is asked.
///
/// Not a general URL parser. It splits at the delimiters of RFC 3986 and leaves the judgement of the path to the client
/// that gets it.
struct RequestURL: Hashable {
    enum Scheme: String {
        case http
        case https

        var defaultPort: Int { self == .http ? 80 : 443 }
    }

    let scheme: Scheme
    /// In lower case; an IPv6 address without its brackets.
    let host: String
    let port: Int?
    /// Path and query, at least `/`.
    let target: String

    /// Reads a URL; credentials and the fragment are left out.
    init(_ text: String) throws(InvalidURLError) {
        func invalid(_ reason: String) -> InvalidURLError { InvalidURLError(url: text, reason: reason) }

        let bytes = text.utf8
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), bytes[colon...].starts(with: "://".utf8) else {
            throw invalid("it has no scheme")
        }
        guard let scheme = Scheme(rawValue: text[..<colon].lowercased()) else {
            throw invalid("the scheme is neither http nor https")
        }
        let rest = text[bytes.index(colon, offsetBy: 3)...]
        let authority = URLHost.authority(of: rest)
        guard let (host, port) = Self.split(authority) else { throw invalid("\"\(authority)\" is not a host and port") }
        let target = rest[authority.endIndex...].prefix { $0 != "#" }

        self.scheme = scheme
        self.host = host
        self.port = port
        self.target = target.utf8.first == UInt8(ascii: "/") ? String(target) : "/" + target
    }

    /// What the `Host` header says: the port is left out where it is the scheme's own.
    var authority: String {
        let name = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
        guard let port, port != scheme.defaultPort else { return name }
        return "\(name):\(port)"
    }

    private static func split(_ authority: Substring) -> (host: String, port: Int?)? {
        guard let (host, rest) = URLHost.split(authority) else { return nil }
        guard !rest.isEmpty else { return (host.lowercased(), nil) }
        let digits = rest.dropFirst()
        guard rest.utf8.first == UInt8(ascii: ":") else { return nil }
        if digits.isEmpty { return (host.lowercased(), nil) }
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(digits) else { return nil }
        return (host.lowercased(), Int(port))
    }
}

/// A URL that the transport cannot send a request to.
public struct InvalidURLError: Error, Hashable, CustomStringConvertible {
    /// The URL as it was given.
    public let url: String
    /// What is wrong with it.
    public let reason: String

    /// A sentence for a person.
    public var description: String { "\"\(url)\" cannot be requested: \(reason)" }
}
#endif

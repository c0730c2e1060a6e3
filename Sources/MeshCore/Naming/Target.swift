/// Where the endpoints of a service come from, as a URI in the manner of gRPC naming.
///
/// `scheme://authority/path?query`. The path is what the resolver of that scheme understands:
///
/// | target | meaning |
/// |---|---|
/// | `static:///10.0.0.1:80,10.0.0.2:80` | these endpoints |
/// | `dns:///users.prod.svc:8080` | A and AAAA records, port 8080 |
/// | `dns://127.0.0.1:5353/users.prod:8080` | the same, asking this name server |
/// | `dns+srv:///_http._tcp.users.prod` | SRV records |
/// | `file:///etc/mesh/users.json` | a watched JSON file |
///
/// For `file:` the path keeps its leading slash; for every other scheme it is dropped.
public struct Target: Hashable, Sendable, CustomStringConvertible {
    /// The scheme, in lower case.
    public let scheme: String
    /// Whom to ask, if not the default: the part between `//` and the next `/`. Often empty.
    public let authority: String
    /// The name to resolve, percent-decoded.
    public let path: String
    /// The parameters behind `?`, percent-decoded, in order of appearance.
    public let query: [QueryItem]

    /// One `name=value` of a target's query.
    public struct QueryItem: Hashable, Sendable {
        /// The part before `=`.
        public let name: String
        /// The part behind it; empty if there is none.
        public let value: String

        /// Creates a parameter.
        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// Creates a target from its parts.
    public init(scheme: String, authority: String = "", path: String, query: [QueryItem] = []) {
        self.scheme = scheme.lowercased()
        self.authority = authority
        self.path = path
        self.query = query
    }

    /// Parses a target URI.
    ///
    /// - Throws: ``InvalidTargetError`` with the text and the reason.
    public init(_ text: String) throws(InvalidTargetError) {
        func invalid(_ reason: String) -> InvalidTargetError { InvalidTargetError(text: text, reason: reason) }

        guard let colon = text.firstIndex(of: ":") else {
            throw invalid("it has no scheme; write static:///HOST:PORT or dns:///NAME:PORT")
        }
        let scheme = text[..<colon]
        guard let first = scheme.utf8.first, Self.isLetter(first),
            scheme.utf8.allSatisfy({ Self.isLetter($0) || (0x30...0x39).contains($0) || "+-.".utf8.contains($0) })
        else { throw invalid("\"\(scheme)\" is not a scheme") }

        var rest = text[text.index(after: colon)...]
        guard rest.hasPrefix("//") else { throw invalid("\"//\" is missing behind \"\(scheme):\"") }
        rest = rest.dropFirst(2)
        guard let slash = rest.firstIndex(of: "/") else {
            throw invalid(
                "there is no \"/\" between authority and path; an empty authority is written \(scheme):///PATH"
            )
        }
        let authority = rest[..<slash]
        var path = rest[slash...]
        var query: [QueryItem] = []
        if let mark = path.firstIndex(of: "?") {
            for pair in path[path.index(after: mark)...].split(separator: "&") {
                let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                guard let name = Self.percentDecoded(parts[0]),
                    let value = parts.count > 1 ? Self.percentDecoded(parts[1]) : ""
                else { throw invalid("\"\(pair)\" has a broken percent escape") }
                query.append(QueryItem(name: name, value: value))
            }
            path = path[..<mark]
        }
        if scheme.lowercased() != "file" { path = path.dropFirst() }
        guard let decoded = Self.percentDecoded(path) else { throw invalid("the path has a broken percent escape") }
        guard !decoded.isEmpty, decoded != "/" else { throw invalid("it names nothing behind the authority") }
        self.init(scheme: String(scheme), authority: String(authority), path: decoded, query: query)
    }

    /// The URI. That of a target that was parsed parses back to an equal one.
    public var description: String {
        let slash = path.hasPrefix("/") && scheme == "file" ? "" : "/"
        var text = "\(scheme)://\(authority)\(slash)\(Self.percentEncoded(path))"
        for (index, item) in query.enumerated() {
            text += index == 0 ? "?" : "&"
            text += Self.percentEncoded(item.name)
            if !item.value.isEmpty || item.name.isEmpty { text += "=" + Self.percentEncoded(item.value) }
        }
        return text
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }

    private static func percentDecoded(_ text: Substring) -> String? {
        guard text.utf8.contains(0x25) else { return String(text) }
        var bytes: [UInt8] = []
        var iterator = text.utf8.makeIterator()
        while let byte = iterator.next() {
            guard byte == 0x25 else {
                bytes.append(byte)
                continue
            }
            guard let high = iterator.next().flatMap(hexValue), let low = iterator.next().flatMap(hexValue) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func percentEncoded(_ text: String) -> String {
        let hex = Array("0123456789ABCDEF")
        var result = ""
        for byte in text.utf8 {
            if byte > 0x20, byte < 0x7F, !"%?&=#\"<>".utf8.contains(byte) {
                result.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                result += "%\(hex[Int(byte >> 4)])\(hex[Int(byte & 15)])"
            }
        }
        return result
    }

    private static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }
}

/// A target URI that cannot be read.
public struct InvalidTargetError: Error, Hashable, CustomStringConvertible {
    /// The text that was given.
    public let text: String
    /// What is wrong with it.
    public let reason: String

    /// Creates the error.
    public init(text: String, reason: String) {
        self.text = text
        self.reason = reason
    }

    /// A sentence for a person.
    public var description: String { "\(text.quoted()) is not a target: \(reason)" }
}

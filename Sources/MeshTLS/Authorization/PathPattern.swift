#if TLS
/// A set of request paths: `/users/*/orders`, `/admin/**`.
///
/// As in ``SPIFFEIDPattern``, `*` stands for one whole segment; `**`, which comes last, stands for any number of them, none
/// included: `/admin/**` also matches `/admin`. A slash at the end of a path makes no difference.
public struct PathPattern: Hashable, Sendable, CustomStringConvertible {
    private enum Segment: Hashable {
        case exactly(String)
        case any
    }

    /// The pattern as written.
    public let description: String
    private let segments: [Segment]
    private let isOpen: Bool

    /// Reads a pattern.
    ///
    /// - Throws: ``InvalidPathPatternError`` if it does not begin with a slash, has an empty segment, dots, a wildcard for a
    ///   part of a segment, percent-encoding or a query.
    public init(_ text: String) throws(InvalidPathPatternError) {
        func invalid(_ reason: String) -> InvalidPathPatternError {
            InvalidPathPatternError(text: text, reason: reason)
        }

        guard text.hasPrefix("/") else { throw invalid("it does not begin with a slash") }
        guard !text.utf8.contains(where: { "%?#".utf8.contains($0) }) else {
            throw invalid("it is compared with decoded paths without query: there is no %, ? and # in it")
        }
        guard let path = RequestPath(text) else { throw invalid("it has an empty segment or one of dots") }
        var parts = path.segments[...]
        isOpen = parts.last == "**"
        if isOpen { parts = parts.dropLast() }
        var segments: [Segment] = []
        for part in parts {
            guard part == "*" || !part.contains("*") else {
                throw invalid("a wildcard stands for a whole segment, and ** comes last")
            }
            segments.append(part == "*" ? .any : .exactly(part))
        }
        self.segments = segments
        description = text
    }

    func matches(_ path: RequestPath) -> Bool {
        guard isOpen ? path.segments.count >= segments.count : path.segments.count == segments.count else {
            return false
        }
        return zip(segments, path.segments).allSatisfy { segment, part in
            switch segment {
            case .exactly(let name): name == part
            case .any: true
            }
        }
    }
}

extension PathPattern: ExpressibleByStringLiteral {
    /// Creates a pattern from a literal.
    ///
    /// - Precondition: The literal is a pattern.
    public init(stringLiteral value: StaticString) {
        do {
            self = try PathPattern("\(value)" as String)
        } catch {
            preconditionFailure("\(error)")
        }
    }
}

/// Text that is not a pattern of paths.
public struct InvalidPathPatternError: Error, Hashable, CustomStringConvertible {
    /// The text that was given.
    public let text: String
    /// What is wrong with it.
    public let reason: String

    /// A sentence for a person.
    public var description: String { "\"\(text)\" is not a pattern of paths: \(reason)" }
}

/// The path of a request in the one form that rules are compared with.
struct RequestPath: Hashable, Sendable {
    let segments: [String]

    /// `nil` if different servers may read the path differently.
    init?(_ target: String) {
        let path = target.utf8.prefix { $0 != UInt8(ascii: "?") }
        // A request has no fragment (RFC 9112, 3.2). Where there is a `#`, one server cuts and another goes on.
        guard path.first == UInt8(ascii: "/"), !path.contains(UInt8(ascii: "#")) else { return nil }
        var segments: [String] = []
        let parts = path.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            if part.isEmpty, index == parts.count - 1 { break }
            guard let segment = Self.decoded(part), !segment.isEmpty, segment != ".", segment != ".." else {
                return nil
            }
            segments.append(segment)
        }
        self.segments = segments
    }

    private static func decoded(_ part: Substring.UTF8View) -> String? {
        var bytes: [UInt8] = []
        var rest = part[...]
        while let byte = rest.popFirst() {
            var byte = byte
            if byte == UInt8(ascii: "%") {
                guard let high = rest.popFirst().flatMap(hexValue), let low = rest.popFirst().flatMap(hexValue) else {
                    return nil
                }
                byte = high << 4 | low
                // An encoded percent sign is where one server decodes twice and another once.
                guard byte != UInt8(ascii: "%"), byte != UInt8(ascii: "/") else { return nil }
            }
            // Some servers take a backslash for a slash, a semicolon for the beginning of parameters.
            guard byte >= 0x20, byte != 0x7F, byte != UInt8(ascii: "\\"), byte != UInt8(ascii: ";") else { return nil }
            bytes.append(byte)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func hexValue(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
#endif

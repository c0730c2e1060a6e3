#if TLS
import MeshCore

/// The name of a workload: `spiffe://prod.example/ns/shop/sa/users`.
///
/// Parsed to the letter of the SPIFFE-ID standard, section 2: the scheme `spiffe`, a ``TrustDomain``, and a path that is
/// empty or consists of segments of `a`-`z`, `A`-`Z`, `0`-`9`, `.`, `-` and `_`, none of them empty, `.` or `..`; no
/// port, user, query, fragment, percent-encoding or slash at the end; 2,048 bytes at most. Since there is one spelling
/// only, two IDs are equal when their texts are.
public struct SPIFFEID: Hashable, Sendable, CustomStringConvertible {
    /// The whole ID.
    public let description: String
    /// The trust domain, whose roots vouch for the ID.
    public let trustDomain: TrustDomain

    /// Reads an ID.
    ///
    /// - Throws: ``InvalidSPIFFEIDError`` with the text and the reason.
    /// - Complexity: O(n)
    public init(_ text: String) throws(InvalidSPIFFEIDError) {
        func invalid(_ reason: String) -> InvalidSPIFFEIDError { InvalidSPIFFEIDError(text: text, reason: reason) }

        guard text.utf8.count <= 2048 else { throw invalid("it has \(text.utf8.count) bytes; it may have 2048") }
        let (domain, path) = try Self.parts(of: text)
        if let reason = Self.flaw(inPath: path) { throw invalid(reason) }
        description = text
        trustDomain = domain
    }

    /// The path with its leading slash; empty for the ID of a trust domain itself.
    public var path: Substring {
        description[description.utf8.index(description.startIndex, offsetBy: prefixLength)...]
    }

    private var prefixLength: Int { 9 + trustDomain.name.utf8.count }

    /// Splits behind the trust domain, which is checked.
    static func parts(of text: String) throws(InvalidSPIFFEIDError) -> (TrustDomain, path: Substring.UTF8View) {
        guard text.utf8.starts(with: "spiffe://".utf8) else {
            throw InvalidSPIFFEIDError(text: text, reason: "it does not begin with spiffe://")
        }
        let rest = text.utf8.dropFirst(9)
        let domain = rest.prefix { $0 != UInt8(ascii: "/") }
        if let reason = TrustDomain.flaw(in: domain) { throw InvalidSPIFFEIDError(text: text, reason: reason) }
        return (TrustDomain(checked: String(Substring(domain))), rest[domain.endIndex...])
    }

    private static func flaw(inPath path: Substring.UTF8View) -> String? {
        guard !path.isEmpty else { return nil }
        for segment in path.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            if let reason = flaw(inSegment: segment) { return reason }
        }
        return nil
    }

    static func flaw(inSegment segment: Substring.UTF8View) -> String? {
        guard !segment.isEmpty else { return "the path has an empty segment or ends in a slash" }
        guard !segment.elementsEqual(".".utf8), !segment.elementsEqual("..".utf8) else {
            return "the path has a segment of dots"
        }
        for byte in segment {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
                continue
            case UInt8(ascii: "%"): return "nothing in a SPIFFE ID is percent-encoded"
            case UInt8(ascii: "?"), UInt8(ascii: "#"): return "a SPIFFE ID has neither query nor fragment"
            default: return "a path consists of a-z, A-Z, 0-9, \".\", \"-\" and \"_\" between its slashes"
            }
        }
        return nil
    }
}

/// Text that is not a SPIFFE ID, a trust domain or a pattern.
public struct InvalidSPIFFEIDError: Error, Hashable, CustomStringConvertible {
    /// The text that was given.
    public let text: String
    /// What is wrong with it.
    public let reason: String

    /// A sentence for a person. Long text is cut, because it may come from a peer.
    public var description: String { "\(text.quoted()) is not a SPIFFE ID: \(reason)" }
}
#endif

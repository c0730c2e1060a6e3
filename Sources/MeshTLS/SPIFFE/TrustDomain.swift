#if TLS
/// A SPIFFE trust domain: the realm of one set of root certificates, `prod.example`.
///
/// Parsed to the letter of the SPIFFE-ID standard, section 2.1: 1 to 255 bytes out of `a`-`z`, `0`-`9`, `.`, `-` and
/// `_`. Upper case is refused rather than folded, because two spellings of one name are two chances to compare wrongly.
public struct TrustDomain: Hashable, Sendable, CustomStringConvertible {
    /// The name without the scheme.
    public let name: String

    /// Reads `prod.example`. A whole SPIFFE ID is not a trust domain.
    ///
    /// - Throws: ``InvalidSPIFFEIDError`` with the text and the reason.
    /// - Complexity: O(n)
    public init(_ text: String) throws(InvalidSPIFFEIDError) {
        if let reason = Self.flaw(in: text.utf8) { throw InvalidSPIFFEIDError(text: text, reason: reason) }
        name = text
    }

    init(checked name: String) {
        self.name = name
    }

    /// The name.
    public var description: String { name }

    static func flaw(in name: some Collection<UInt8>) -> String? {
        guard !name.isEmpty else { return "the trust domain is empty" }
        guard name.count <= 255 else { return "the trust domain has \(name.count) bytes; it may have 255" }
        for byte in name {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."),
                UInt8(ascii: "-"), UInt8(ascii: "_"):
                continue
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): return "a trust domain is written in lower case"
            case UInt8(ascii: ":"): return "a trust domain has no port"
            case UInt8(ascii: "@"): return "a trust domain has no user"
            case UInt8(ascii: "?"), UInt8(ascii: "#"): return "a SPIFFE ID has neither query nor fragment"
            case UInt8(ascii: "%"): return "nothing in a SPIFFE ID is percent-encoded"
            default: return "a trust domain consists of a-z, 0-9, \".\", \"-\" and \"_\""
            }
        }
        return nil
    }
}
#endif

#if TLS
/// A set of SPIFFE IDs of one trust domain: `spiffe://prod.example/ns/*/sa/users`.
///
/// In the path `*` stands for exactly one segment, and `**`, which comes last, for one or more. There are no wildcards
/// for a part of a segment and none in the trust domain: both have let in the wrong peer before (`prod*` also means
/// `production-of-someone-else`).
public struct SPIFFEIDPattern: Hashable, Sendable, CustomStringConvertible {
    private enum Segment: Hashable {
        case exactly(String)
        case any
        case rest
    }

    /// The pattern as written.
    public let description: String
    /// The trust domain of all IDs that match.
    public let trustDomain: TrustDomain
    private let segments: [Segment]

    /// Reads a pattern. A SPIFFE ID without wildcards is one, too, and matches itself.
    ///
    /// - Throws: ``InvalidSPIFFEIDError`` with the text and the reason.
    public init(_ text: String) throws(InvalidSPIFFEIDError) {
        func invalid(_ reason: String) -> InvalidSPIFFEIDError { InvalidSPIFFEIDError(text: text, reason: reason) }

        guard text.utf8.count <= 2048 else { throw invalid("it has \(text.utf8.count) bytes; it may have 2048") }
        let (domain, path) = try SPIFFEID.parts(of: text)
        guard path.count > 1 else { throw invalid("a pattern needs a path") }
        let parts = path.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        var segments: [Segment] = []
        for (index, part) in parts.enumerated() {
            if part.elementsEqual("*".utf8) {
                segments.append(.any)
            } else if part.elementsEqual("**".utf8) {
                guard index == parts.count - 1 else { throw invalid("** is the last segment") }
                segments.append(.rest)
            } else if part.contains(UInt8(ascii: "*")) {
                throw invalid("a wildcard stands for a whole segment")
            } else if let reason = SPIFFEID.flaw(inSegment: part) {
                throw invalid(reason)
            } else {
                segments.append(.exactly(String(Substring(part))))
            }
        }
        description = text
        trustDomain = domain
        self.segments = segments
    }

    /// Whether `id` is one of the IDs.
    ///
    /// - Complexity: O(n)
    public func matches(_ id: SPIFFEID) -> Bool {
        guard id.trustDomain == trustDomain, !id.path.isEmpty else { return false }
        var rest = id.path.dropFirst().split(separator: "/")[...]
        for segment in segments {
            guard let first = rest.first else { return false }
            switch segment {
            case .exactly(let name): guard first == name else { return false }
            case .any: break
            case .rest: return true
            }
            rest = rest.dropFirst()
        }
        return rest.isEmpty
    }
}
#endif

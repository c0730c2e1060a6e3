#if Transport && DNS && DEBUG
import MeshCore
import MeshTLS

/// Text into SPIFFE IDs, trust domains and patterns, whose verdicts are compared with those of regular expressions.
struct SPIFFETarget: FuzzTarget {
    private let mutator = Mutator(
        corpus: [
            "spiffe://prod.example/ns/shop/sa/users", "spiffe://prod.example", "spiffe://a/b",
            "spiffe://prod.example/ns/*/sa/users", "spiffe://prod.example/ns/**", "spiffe://1.2_3-4/A.b-C_d/...",
            "spiffe://" + String(repeating: "d", count: 253) + "/x",
            "spiffe://prod.example/" + String(repeating: "p", count: 2020), "prod.example",
        ],
        tokens: [
            "/", "//", ".", "..", "/../", "/./", "%2f", "*", "**", "/*", "/**", ":", "@", "?", "#", "A", "\u{0}", " ",
            "spiffe://", "SPIFFE://", "\u{301}", "é", "\u{FF0F}", "\u{202E}", "\u{D7FF}", "\r\n",
        ]
    )

    private let id = /spiffe:\/\/[a-z0-9._-]{1,255}(\/[A-Za-z0-9._-]+)*/.matchingSemantics(.unicodeScalar)
    private let domain = /[a-z0-9._-]{1,255}/.matchingSemantics(.unicodeScalar)

    func examine(using random: inout SplitMix64) -> Finding {
        let bytes = mutator.input(of: 1...1, using: &random)
        let text = String(decoding: bytes, as: UTF8.self)
        func wrong(_ what: String) -> Finding { Finding(bytes, .wrong("\(what): \(text.debugDescription)")) }

        let parsed = try? SPIFFEID(text)
        guard (parsed != nil) == isID(text) else { return wrong("an ID") }
        if let parsed {
            guard parsed.description == text, text.hasPrefix("spiffe://\(parsed.trustDomain)\(parsed.path)"),
                text.utf8.count == 9 + parsed.trustDomain.name.utf8.count + parsed.path.utf8.count
            else { return wrong("the parts of an ID") }
        }
        guard ((try? TrustDomain(text)) != nil) == (text.wholeMatch(of: domain) != nil) else {
            return wrong("a trust domain")
        }
        guard let pattern = try? SPIFFEIDPattern(text) else {
            return Finding(
                bytes,
                parsed == nil ? .refused : parsed?.path.isEmpty == true ? .accepted : .wrong("no pattern")
            )
        }
        if let parsed, !pattern.matches(parsed) { return wrong("a pattern that does not match itself") }
        for other in Self.others where pattern.matches(other) != Self.matches(text, "\(other)") {
            return wrong("a pattern and \(other)")
        }
        return Finding(bytes, .accepted)
    }

    private func isID(_ text: String) -> Bool {
        guard text.utf8.count <= 2048, text.wholeMatch(of: id) != nil else { return false }
        return !text.split(separator: "/").dropFirst(2).contains { $0 == "." || $0 == ".." }
    }

    private static let others: [SPIFFEID] = [
        "spiffe://prod.example/ns/shop/sa/users", "spiffe://prod.example/ns/shop", "spiffe://prod.example",
        "spiffe://a/b",
        "spiffe://prod.example/ns/shop/sa/users/more", "spiffe://prod.exampl/ns/shop/sa/users",
    ]

    /// Segment by segment.
    private static func matches(_ pattern: String, _ id: String) -> Bool {
        let (wanted, given) = (pattern.split(separator: "/"), id.split(separator: "/"))
        guard given.count > 2 else { return false }
        if wanted.last == "**" {
            return given.count >= wanted.count && zip(wanted.dropLast(), given).allSatisfy { $0 == "*" || $0 == $1 }
        }
        return wanted.count == given.count && zip(wanted, given).allSatisfy { $0 == "*" || $0 == $1 }
    }
}
#endif

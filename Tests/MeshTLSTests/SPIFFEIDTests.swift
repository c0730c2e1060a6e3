#if TLS
import MeshCore
import MeshTLS
import Testing

@Suite("SPIFFE IDs")
struct SPIFFEIDTests {
    @Test(
        "good ones",
        arguments: [
            ("spiffe://prod.example", "prod.example", ""),
            ("spiffe://prod.example/users", "prod.example", "/users"),
            ("spiffe://prod.example/ns/shop/sa/users", "prod.example", "/ns/shop/sa/users"),
            ("spiffe://a/A-Z_0.9", "a", "/A-Z_0.9"),
            ("spiffe://1.2.3.4/users", "1.2.3.4", "/users"),
            ("spiffe://under_score-dash.dots...", "under_score-dash.dots...", ""),
            ("spiffe://prod.example/...", "prod.example", "/..."),
            ("spiffe://prod.example/.hidden/a..b", "prod.example", "/.hidden/a..b"),
            ("spiffe://\(String(repeating: "a", count: 255))/x", String(repeating: "a", count: 255), "/x"),
        ]
    )
    func good(_ text: String, domain: String, path: String) throws {
        let id = try SPIFFEID(text)
        #expect(id.description == text)
        #expect(id.trustDomain.name == domain)
        #expect(id.path == path)
    }

    @Test(
        "bad ones",
        arguments: [
            ("", "does not begin"),
            ("spiffe:", "does not begin"),
            ("spiffe:/prod.example/users", "does not begin"),
            ("https://prod.example/users", "does not begin"),
            ("SPIFFE://prod.example/users", "does not begin"),
            (" spiffe://prod.example/users", "does not begin"),
            ("spiffe://", "trust domain is empty"),
            ("spiffe:///users", "trust domain is empty"),
            ("spiffe://Prod.example/users", "lower case"),
            ("spiffe://prod.example:8443/users", "no port"),
            ("spiffe://user@prod.example/users", "no user"),
            ("spiffe://user:password@prod.example/users", "no port"),
            ("spiffe://prod%2eexample/users", "percent-encoded"),
            ("spiffe://prod.example?query", "neither query nor fragment"),
            ("spiffe://prod.example#fragment", "neither query nor fragment"),
            ("spiffe://prod example/users", "consists of"),
            ("spiffe://prödukt/users", "consists of"),
            ("spiffe://[::1]/users", "consists of"),
            ("spiffe://prod.example/", "empty segment"),
            ("spiffe://prod.example/users/", "empty segment"),
            ("spiffe://prod.example//users", "empty segment"),
            ("spiffe://prod.example/./users", "segment of dots"),
            ("spiffe://prod.example/users/..", "segment of dots"),
            ("spiffe://prod.example/users?query", "neither query nor fragment"),
            ("spiffe://prod.example/users#fragment", "neither query nor fragment"),
            ("spiffe://prod.example/us%65rs", "percent-encoded"),
            ("spiffe://prod.example/üsers", "a path consists of"),
            ("spiffe://prod.example/us ers", "a path consists of"),
            ("spiffe://prod.example/users\0", "a path consists of"),
            ("spiffe://prod.example/users\n", "a path consists of"),
            ("spiffe://prod.example/a:b", "a path consists of"),
            ("spiffe://prod.example/a*", "a path consists of"),
            ("spiffe://prod.example/e\u{301}", "a path consists of"),
            ("spiffe://\(String(repeating: "a", count: 256))/x", "256 bytes"),
            ("spiffe://a/\(String(repeating: "a", count: 2038))", "2049 bytes"),
        ]
    )
    func bad(_ text: String, reason: String) {
        let error = #expect(throws: InvalidSPIFFEIDError.self) { try SPIFFEID(text) }
        #expect(error?.reason.contains(reason) == true, "\(error.map { "\($0)" } ?? "")")
    }

    @Test("the longest ID has 2048 bytes")
    func longest() throws {
        let text = "spiffe://a/" + String(repeating: "a", count: 2037)
        #expect(text.utf8.count == 2048)
        #expect(try SPIFFEID(text).description == text)
    }

    @Test(
        "trust domains",
        arguments: [("prod.example", true), ("spiffe://prod.example", false), ("", false), ("A", false)]
    )
    func trustDomains(_ text: String, isGood: Bool) {
        #expect(((try? TrustDomain(text)) != nil) == isGood)
    }

    /// What is accepted consists of the grammar's bytes only and is put together again from its parts; and nothing crashes.
    @Test("random text keeps to the grammar")
    func randomText() {
        var random = SplitMix64(seed: 20_260_801)
        let pieces = [
            "spiffe://", "spiffe:/", "a", "prod.example", "/", "//", ".", "..", "%2f", "?", "#", ":", "@", "A", "ü",
            "\0", " ",
            "*", "\u{301}", "users", "-", "_",
        ]
        var accepted = 0
        for _ in 0..<20_000 {
            let head = Bool.random(using: &random) ? "spiffe://" : ""
            let text =
                head
                + (0..<Int.random(in: 0...6, using: &random)).map { _ in pieces.randomElement(using: &random)! }
                .joined()
            guard let id = try? SPIFFEID(text) else { continue }
            accepted += 1
            #expect("spiffe://\(id.trustDomain)\(id.path)" == text)
            #expect(text.utf8.dropFirst(9).allSatisfy { isAllowed($0) })
            #expect(!text.hasSuffix("/"))
            #expect(!text.dropFirst(9).contains("//"))
        }
        #expect(accepted > 100)
    }

    private func isAllowed(_ byte: UInt8) -> Bool {
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/".utf8.contains(byte)
    }
}

@Suite("Patterns of SPIFFE IDs")
struct SPIFFEIDPatternTests {
    @Test(
        "matching",
        arguments: [
            ("spiffe://prod.example/users", "spiffe://prod.example/users", true),
            ("spiffe://prod.example/users", "spiffe://prod.example/users/x", false),
            ("spiffe://prod.example/users", "spiffe://prod.example/user", false),
            ("spiffe://prod.example/ns/*/sa/users", "spiffe://prod.example/ns/shop/sa/users", true),
            ("spiffe://prod.example/ns/*/sa/users", "spiffe://prod.example/ns/a/b/sa/users", false),
            ("spiffe://prod.example/ns/*/sa/users", "spiffe://prod.example/ns/sa/users", false),
            ("spiffe://prod.example/ns/*", "spiffe://prod.example/ns", false),
            ("spiffe://prod.example/ns/**", "spiffe://prod.example/ns/a/b/c", true),
            ("spiffe://prod.example/ns/**", "spiffe://prod.example/ns", false),
            ("spiffe://prod.example/**", "spiffe://prod.example/x", true),
            ("spiffe://prod.example/**", "spiffe://prod.example", false),
            ("spiffe://prod.example/**", "spiffe://prod.example.evil/x", false),
            ("spiffe://prod.example/**", "spiffe://prod/x", false),
        ]
    )
    func matching(_ pattern: String, _ id: String, isMatch: Bool) throws {
        #expect(try SPIFFEIDPattern(pattern).matches(try SPIFFEID(id)) == isMatch)
    }

    @Test(
        "bad ones",
        arguments: [
            "spiffe://prod.example", "spiffe://prod.example/", "spiffe://*/users", "spiffe://*.example/users",
            "spiffe://prod.example/user*", "spiffe://prod.example/**/users", "spiffe://prod.example/***",
            "spiffe://prod.example/a//b", "spiffe://prod.example/../b", "https://prod.example/users", "**", "",
        ]
    )
    func bad(_ text: String) {
        #expect(throws: InvalidSPIFFEIDError.self) { try SPIFFEIDPattern(text) }
    }

    @Test("an ID that is read as a pattern matches itself and no other")
    func identity() throws {
        let (id, other): (SPIFFEID, SPIFFEID) = ("spiffe://prod.example/ns/a", "spiffe://prod.example/ns/b")
        let pattern = try SPIFFEIDPattern(id.description)
        #expect(pattern.matches(id))
        #expect(!pattern.matches(other))
    }
}
#endif

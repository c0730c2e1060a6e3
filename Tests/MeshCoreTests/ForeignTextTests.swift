import MeshCore
import Testing

@Suite("Text from outside")
struct ForeignTextTests {
    @Test(
        "what would break a line, command a terminal or turn the text around is escaped",
        arguments: [
            ("users", "users"), ("", ""), ("a\nb\r\n", #"a\nb\r\n"#), ("\u{1B}[31m", #"\u{1B}[31m"#),
            ("\0\u{7F}", #"\0\u{7F}"#),
            ("a\u{202E}b\u{2028}c", #"a\u{202E}b\u{2028}c"#), ("Zürich 🚲", "Zürich 🚲"), (#"a "b" \c"#, #"a "b" \c"#),
        ]
    )
    func visible(text: String, visible: String) {
        #expect(text.visible(upTo: 100) == visible)
    }

    @Test("it is cut, and that is shown")
    func cut() {
        #expect("users".visible(upTo: 5) == "users")
        #expect("users".visible(upTo: 4) == "user…")
        #expect("users".quoted(upTo: 4) == "\"user…\"")
        #expect(String(repeating: "x", count: 1_000).quoted().count == 203)
    }

    @Test("quotation marks end where the text does")
    func quoted() {
        #expect(#"a "b" \c"#.quoted() == #""a \"b\" \\c""#)
        #expect("a\n".quoted() == #""a\n""#)
    }
}

import MeshCore
import Testing

@Suite("Service names")
struct ServiceNameTests {
    @Test("any visible text is a name", arguments: ["users", "users.prod", "orders-v2", "a/b", "größe", "用户", "👩‍💻"])
    func valid(text: String) throws {
        let name = try ServiceName(validating: text)
        #expect(name.rawValue == text)
        #expect("\(name)" == text)
        #expect(name == ServiceName(text))
    }

    @Test(
        "white space and control characters are not",
        arguments: [
            "", " ", "a b", "a\tb", "a\nb", "\r\n", "a\u{0}", "a\u{7F}", "a\u{9B}31m", "a\u{A0}b", "a\u{2028}b",
            "a\u{3000}",
        ]
    )
    func invalid(text: String) {
        let error = #expect(throws: InvalidNameError.self) { try ServiceName(validating: text) }
        #expect(error?.text == text)
        #expect(error?.description.contains("is not a service name") == true)
    }

    @Test("a literal is a name")
    func literal() {
        let name: ServiceName = "users"
        #expect(name.rawValue == "users")
    }
}

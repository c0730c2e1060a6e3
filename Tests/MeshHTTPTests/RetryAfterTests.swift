import Testing

@testable import MeshHTTP

@Suite struct RetryAfterTests {
    @Test(
        "reads seconds",
        arguments: [
            ("0", .zero), ("120", .seconds(120)), (" 7\t", .seconds(7)), ("007", .seconds(7)),
            ("99999999999999999999999", .seconds(999_999_999_999_999_999)),
        ] as [(String, Duration)]
    )
    func seconds(text: String, expected: Duration) {
        #expect(RetryAfter(text, at: 0)?.delay(at: 5) == expected)
    }

    @Test("a date is relative to the time given, and never negative")
    func date() {
        let value = RetryAfter("Sun, 06 Nov 1994 08:49:37 GMT", at: 784_111_000)
        #expect(value == .date(784_111_777))
        #expect(value?.delay(at: 784_111_770) == .seconds(7))
        #expect(value?.delay(at: 784_111_778) == .zero)
    }

    @Test("refuses the rest", arguments: ["", " ", "-1", "+1", "1.5", "1s", "soon", "１"])
    func refuses(text: String) {
        #expect(RetryAfter(text, at: 0) == nil)
    }
}

import Testing

@testable import MeshHTTP

@Suite struct HTTPDateTests {
    /// 2026-01-01 00:00 UTC.
    static let now: Int64 = 1_767_225_600

    @Test(
        "reads the three formats of RFC 9110",
        arguments: [
            ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777),
            ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777),
            ("Sun Nov  6 08:49:37 1994", 784_111_777),
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("Tue, 29 Feb 2000 12:00:00 GMT", 951_825_600),
            ("Thu, 29 Feb 2024 23:59:60 GMT", 1_709_251_200),
            ("Fri Dec 31 23:59:59 1999", 946_684_799),
            ("  Sun, 06 Nov 1994 08:49:37 GMT\t", 784_111_777),
        ] as [(String, Int64)]
    )
    func reads(text: String, expected: Int64) {
        #expect(HTTPDate.parse(text, at: Self.now) == expected)
    }

    @Test(
        "a year of two digits lies at most 50 years ahead",
        arguments: [("76", 2076), ("77", 1977), ("99", 1999), ("25", 2025), ("00", 2000)]
    )
    func twoDigits(year: String, expected: Int) throws {
        let date = try #require(HTTPDate.parse("Monday, 15-Jun-\(year) 00:00:00 GMT", at: Self.now))
        #expect(date == HTTPDate.parse("Mon, 15 Jun \(expected) 00:00:00 GMT", at: Self.now))
    }

    @Test(
        "refuses what is not a date",
        arguments: [
            "", "120", "Sun", "Sun, 06 Nov 1994", "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 94 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC", "sun, 06 Nov 1994 08:49:37 GMT",
            "Sun, 30 Feb 1994 08:49:37 GMT", "Sun, 29 Feb 1900 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT",
            "Sun, 06 Nov 1994 08:60:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT!", "Sun Nov 6 08:49:37 1994",
            "Sun, 00 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-1994 08:49:37 GMT", "1994-11-06T08:49:37Z",
        ]
    )
    func refuses(text: String) {
        #expect(HTTPDate.parse(text, at: Self.now) == nil)
    }
}

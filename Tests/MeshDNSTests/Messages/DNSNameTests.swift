import Testing

@testable import MeshDNS

@Suite struct DNSNameTests {
    @Test(arguments: [
        ("users.prod.svc", "users.prod.svc"),
        ("Users.PROD.svc.", "users.prod.svc"),
        ("_http._tcp.users", "_http._tcp.users"),
        (".", "."),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
    ])
    func `reads and prints a name`(text: String, printed: String) throws {
        #expect(try DNSName(text).description == printed)
        #expect(try DNSName(text) == DNSName(text.uppercased()))
    }

    @Test(arguments: [
        "", "..", "a..b", ".a", "bücher.example", "a b", "a\\.b", "a:80",
        String(repeating: "x", count: 64),
        Array(repeating: "x", count: 128).joined(separator: "."),
    ])
    func `refuses what is no name`(text: String) {
        #expect {
            try DNSName(text)
        } throws: { error in
            if case DNSError.invalidName(text, reason: _) = error { true } else { false }
        }
    }

    @Test func `the longest name is 253 characters`() throws {
        let longest = Array(repeating: "x", count: 127).joined(separator: ".")
        #expect(longest.utf8.count == 253)
        #expect(try DNSName(longest).wire.count == 255)
        #expect(try DNSName(longest).appending("x") == nil)
        #expect(throws: DNSError.self) { try DNSName(longest + "x") }
    }

    @Test func `unusual octets are escaped`() {
        #expect(DNSName(lowercasedWire: [3, 0x2E, 0x20, 0xFF, 0]).description == "\\.\\032\\255")
    }

    @Test(arguments: [
        ("localhost", true), ("a.LOCALHOST", true), ("localhost.example", false), ("notlocalhost", false),
    ])
    func `localhost is known with what ends in it`(text: String, isLocalhost: Bool) throws {
        #expect(try DNSName(text).isLocalhost == isLocalhost)
    }
}

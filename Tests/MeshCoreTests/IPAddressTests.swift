import MeshCore
import Testing

@Suite("IP addresses")
struct IPAddressTests {
    @Test(
        "reads and prints the canonical form",
        arguments: [
            ("0.0.0.0", "0.0.0.0"),
            ("192.0.2.1", "192.0.2.1"),
            ("255.255.255.255", "255.255.255.255"),
            // RFC 5952, section 1 to 4.
            ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
            ("2001:0db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
            ("2001:db8::1:0:0:1", "2001:db8::1:0:0:1"),
            ("2001:db8::0:1:0:0:1", "2001:db8::1:0:0:1"),
            ("2001:0db8::1:0:0:1", "2001:db8::1:0:0:1"),
            ("2001:db8:0:0:1::1", "2001:db8::1:0:0:1"),
            ("2001:db8:0000:0:1::1", "2001:db8::1:0:0:1"),
            ("2001:DB8:0:0:1::1", "2001:db8::1:0:0:1"),
            ("2001:db8:aaaa:bbbb:cccc:dddd:eeee:0001", "2001:db8:aaaa:bbbb:cccc:dddd:eeee:1"),
            ("2001:db8:0:0:0:0:2:1", "2001:db8::2:1"),
            ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
            ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"),
            ("2001:db8:0:0:1:0:0:0", "2001:db8:0:0:1::"),
            ("0:0:0:0:0:0:0:0", "::"),
            ("0:0:0:0:0:0:0:1", "::1"),
            ("1:0:0:0:0:0:0:0", "1::"),
            ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
            ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
            ("::ffff:192.0.2.1", "::ffff:192.0.2.1"),
            ("::ffff:c000:201", "::ffff:192.0.2.1"),
            ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
            ("1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"),
            ("fe80::1%eth0", "fe80::1%eth0"),
            ("fe80::1%eth0:1", "fe80::1%eth0:1"),
        ]
    )
    func canonical(text: String, expected: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.description == expected)
        #expect(IPAddress(expected) == address)
    }

    @Test(
        "reads nothing else",
        arguments: [
            "", " ", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.1000", "01.2.3.4", "1.2.3.04", "1.2.3.", ".1.2.3",
            "1..2.3", "1.2.3.4 ", " 1.2.3.4", "0x1.2.3.4", "-1.2.3.4", "+1.2.3.4", "１.2.3.4",
            ":", ":::", "1:", ":1", "1::2::3", "::1::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::",
            "::1:2:3:4:5:6:7:8", "1:2:3:4::5:6:7:8", "12345::", "g::", "::1.2.3", "1.2.3.4::", "::1.2.3.4:5",
            "1:2:3:4:5:6:7:1.2.3.4", "::01.2.3.4", "::1 ", "[::1]", "::1%", "1.2.3.4%eth0", "%eth0",
            "fe80::1%a%b", "fe80::1%a]b", "fe80::1%a b", "fe80::1%\r\nHost: x", "fe80::1%/", "fe80::1%é",
            "::\u{301}1", "：：1",
        ]
    )
    func rejected(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test("prints what it reads back, for any address")
    func roundTrip() throws {
        var random = SplitMix64(seed: 1)
        for _ in 0..<20_000 {
            // Mostly zero groups, so that every kind of run appears.
            func half() -> UInt64 {
                (0..<4).reduce(0) { word, _ in
                    let bits = random.next()
                    return word << 16 | (bits & 3 == 0 ? bits >> 32 & 0xFFFF : bits & 4 == 0 ? 0 : bits >> 40 & 1)
                }
            }
            let address: IPAddress =
                random.next() & 7 == 0
                ? .v4(UInt32(truncatingIfNeeded: random.next()))
                : .v6(upper: half(), lower: half(), zone: random.next() & 15 == 0 ? "eth0" : nil)
            #expect(IPAddress(address.description) == address, "\(address)")
        }
    }

    @Test("never crashes on text made of its alphabet, and accepts only what it prints back")
    func fuzz() {
        let alphabet = Array("0123456789abcfF:::...%[]g")
        var random = SplitMix64(seed: 2)
        for _ in 0..<50_000 {
            let text = String(
                (0..<Int(random.next() % 24)).map { _ in alphabet[Int(random.next() % UInt64(alphabet.count))] }
            )
            if let address = IPAddress(text) { #expect(IPAddress(address.description) == address, "\(text)") }
        }
    }
}

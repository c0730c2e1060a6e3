import MeshCore
import Testing

@Suite("Endpoint addresses")
struct AddressTests {
    @Test(
        "reads what it prints",
        arguments: [
            ("10.0.0.1:80", Address.ip(.v4(0x0A00_0001), port: 80)),
            ("10.0.0.1:65535", .ip(.v4(0x0A00_0001), port: 65535)),
            ("[2001:db8::1]:80", .ip(.v6(upper: 0x2001_0DB8_0000_0000, lower: 1, zone: nil), port: 80)),
            ("[::]:1", .ip(.v6(upper: 0, lower: 0, zone: nil), port: 1)),
            ("[fe80::1%eth0]:443", .ip(.v6(upper: 0xFE80_0000_0000_0000, lower: 1, zone: "eth0"), port: 443)),
            ("[::ffff:10.0.0.1]:80", .ip(.v6(upper: 0, lower: 0xFFFF_0A00_0001, zone: nil), port: 80)),
            ("users.local:8080", .host("users.local", port: 8080)),
            ("users.local.:8080", .host("users.local.", port: 8080)),
            ("localhost:1", .host("localhost", port: 1)),
            ("_http._tcp.users-v2.prod:80", .host("_http._tcp.users-v2.prod", port: 80)),
            ("1a.2b:80", .host("1a.2b", port: 80)),
            ("unix:/run/users.sock", .unix(path: "/run/users.sock")),
            ("unix:/a:b", .unix(path: "/a:b")),
        ]
    )
    func valid(text: String, expected: Address) throws {
        let address = try Address(text)
        #expect(address == expected)
        #expect(address.description == text)
    }

    @Test("a port with leading zeros is that port")
    func leadingZeros() throws {
        #expect(try Address("a:0080") == .host("a", port: 80))
    }

    @Test(
        "names the reason for what it refuses",
        arguments: [
            ("", "port is missing"),
            ("10.0.0.1", "port is missing"),
            ("users.local", "port is missing"),
            ("users:", "not a port"),
            ("users:0", "not a port"),
            ("users:65536", "not a port"),
            ("users:+80", "not a port"),
            ("users:８０", "not a port"),
            ("users: 80", "not a port"),
            ("users:80 ", "not a port"),
            (":80", "not a host name"),
            ("a..b:80", "not a host name"),
            (".a:80", "not a host name"),
            (".:80", "not a host name"),
            ("-a:80", "not a host name"),
            ("a-:80", "not a host name"),
            ("a b:80", "not a host name"),
            ("a/b:80", "not a host name"),
            ("a@b:80", "not a host name"),
            ("münchen:80", "not a host name"),
            ("http://users:80", "not a host name"),
            ("[::1]", "not a port"),
            ("::1:80", "in brackets: [::1]:80"),
            ("[::1:80", "not a host name"),
            ("[]:80", "no IPv6 address"),
            ("[10.0.0.1]:80", "no IPv6 address"),
            ("[users]:80", "no IPv6 address"),
            // What getaddrinfo would take for another IPv4 address.
            ("10.0.0.256:80", "neither an IPv4 address nor a host name"),
            ("010.0.0.1:80", "neither an IPv4 address nor a host name"),
            ("10.1:80", "neither an IPv4 address nor a host name"),
            ("10.0.0.1.:80", "neither an IPv4 address nor a host name"),
            ("2130706433:80", "neither an IPv4 address nor a host name"),
            ("0x7f000001:80", "neither an IPv4 address nor a host name"),
            ("0X7F.0x1:80", "neither an IPv4 address nor a host name"),
            ("unix:run.sock", "absolute path"),
            ("unix:", "absolute path"),
            ("unix:/a\0b", "zero byte"),
        ]
    )
    func rejected(text: String, reason: String) throws {
        let error = #expect(throws: InvalidAddressError.self) { try Address(text) }
        #expect(error?.text == text)
        #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
    }

    @Test("a Unix socket's path has at most 103 bytes, a host name 253 and a label 63")
    func lengths() throws {
        #expect(throws: Never.self) { try Address("unix:/" + String(repeating: "a", count: 102)) }
        #expect(throws: InvalidAddressError.self) { try Address("unix:/" + String(repeating: "a", count: 103)) }
        let label = String(repeating: "a", count: 63)
        #expect(throws: Never.self) { try Address("\(label):80") }
        #expect(throws: InvalidAddressError.self) { try Address("a\(label):80") }
        let long = [label, label, label, String(repeating: "b", count: 61)].joined(separator: ".")
        #expect(throws: Never.self) { try Address("\(long):80") }
        #expect(throws: InvalidAddressError.self) { try Address("b\(long):80") }
    }

    @Test("host and port are what a transport connects to")
    func parts() throws {
        #expect(try Address("[::1]:80").host == "::1")
        #expect(try Address("10.0.0.1:80").host == "10.0.0.1")
        #expect(try Address("a.b:80").host == "a.b")
        #expect(try Address("a.b:80").port == 80)
        #expect(try Address("unix:/x").host == nil)
        #expect(try Address("unix:/x").port == nil)
    }

    @Test("prints what it reads back, for any address")
    func roundTrip() throws {
        var random = SplitMix64(seed: 3)
        for _ in 0..<5_000 {
            let port = UInt16(1 + random.next() % 65_535)
            let address: Address =
                switch random.next() % 4 {
                case 0: .ip(.v4(UInt32(truncatingIfNeeded: random.next())), port: port)
                case 1: .ip(.v6(upper: random.next(), lower: random.next() >> 40, zone: nil), port: port)
                case 2: .host("h\(random.next()).svc", port: port)
                default: .unix(path: "/run/\(random.next())")
                }
            #expect(try Address(address.description) == address)
        }
    }
}

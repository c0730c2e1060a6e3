import MeshCore
import Testing

@testable import MeshDNS

@Suite struct DNSMessageTests {
    /// A response with an SRV record whose target is compressed, as `mdnsd` and some appliances send it.
    static let compressed: [UInt8] =
        [0x12, 0x34, 0x85, 0x80, 0, 1, 0, 2, 0, 0, 0, 2]
        // 12: _h._tcp.svc.mesh.test SRV IN
        + [2] + Array("_h".utf8) + [4] + Array("_tcp".utf8) + [3] + Array("svc".utf8)
        + [4] + Array("Mesh".utf8) + [4] + Array("test".utf8) + [0, 0, 33, 0, 1]
        // SRV 10 60 18081 b1.mesh.test; "mesh.test" is at 24
        + [0xC0, 12, 0, 33, 0, 1, 0, 0, 0, 2, 0, 11, 0, 10, 0, 60, 0x46, 0xA1, 2, 0x62, 0x31, 0xC0, 24]
        // SRV 20 0 80 b1.mesh.test, all of it a pointer to the target above, at 57
        + [0xC0, 12, 0, 33, 0, 1, 0, 0, 0, 3, 0, 8, 0, 20, 0, 0, 0, 80, 0xC0, 57]
        // b1.mesh.test A 127.0.0.1
        + [0xC0, 57, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 127, 0, 0, 1]
        // OPT 4096
        + [0, 0, 41, 0x10, 0, 0, 0, 0, 0, 0, 0]

    static let plain = DNSMessage(
        id: 0xBEEF,
        flags: [.response, .authoritative, .recursionDesired],
        responseCode: .noError,
        questions: [DNSQuestion("users.test", .a)],
        answers: [
            .alias("users.test", "real.test", ttl: 7),
            .address("real.test", "192.0.2.1", ttl: 8),
            .address("real.test", "2001:db8::1", ttl: 9),
            .service("_h._tcp.test", 1, 2, 3, "real.test"),
        ],
        authorities: [DNSRecord("test", ttl: 60, .authority(negativeTTL: 30))],
        additionals: [
            DNSRecord(.root, ttl: 0, .options(payloadSize: 1232, extendedCode: 0)),
            DNSRecord("x.test", ttl: 1, .other(DNSRecordType(rawValue: 16), [3, 0x61, 0x62, 0x63])),
        ]
    )

    @Test func `reads a compressed response`() throws {
        let message = try DNSMessage(decoding: Self.compressed)
        #expect(message.id == 0x1234)
        #expect(message.flags == [.response, .authoritative, .recursionDesired, .recursionAvailable])
        #expect(message.questions == [DNSQuestion("_h._tcp.svc.mesh.test", .srv)])
        #expect(
            message.answers == [
                .service("_h._tcp.svc.mesh.test", 10, 60, 18081, "b1.mesh.test", ttl: 2),
                .service("_h._tcp.svc.mesh.test", 20, 0, 80, "b1.mesh.test", ttl: 3),
            ]
        )
        #expect(
            message.additionals == [
                .address("b1.mesh.test", "127.0.0.1", ttl: 9),
                DNSRecord(.root, ttl: 0, .options(payloadSize: 4096, extendedCode: 0)),
            ]
        )
    }

    @Test func `what is written reads back`() throws {
        #expect(try DNSMessage(decoding: Self.plain.encoded()) == Self.plain)
    }

    @Test func `a query is as dig sends it`() {
        let query = DNSQuery(question: DNSQuestion("a.b", .aaaa), id: 0x0102, extensions: .edns)
        #expect(
            query.bytes == [1, 2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 1, 0x61, 1, 0x62, 0, 0, 28, 0, 1]
                + [0, 0, 41, 0x04, 0xD0, 0, 0, 0, 0, 0, 0]
        )
        #expect(DNSQuery(question: query.question, id: 0x0102, extensions: .none).bytes.count == 21)
    }

    @Test func `the response code has twelve bits with EDNS`() throws {
        var message = DNSMessage(id: 1, flags: .response)
        message.additionals = [DNSRecord(.root, ttl: 0, .options(payloadSize: 512, extendedCode: 1))]
        #expect(try DNSMessage(decoding: message.encoded()).responseCode == .badVersion)
    }

    @Test func `a TTL with its top bit set is zero`() throws {
        var message = DNSMessage(id: 1, flags: .response)
        message.answers = [.address("a", "10.0.0.1", ttl: 0x8000_0001)]
        #expect(try DNSMessage(decoding: message.encoded()).answers[0].ttl == 0)
    }

    static func response(name: [UInt8], data: [UInt8] = [10, 0, 0, 1], type: UInt8 = 1) -> [UInt8] {
        [0, 1, 0x80, 0, 0, 0, 0, 1, 0, 0, 0, 0] + name + [0, type, 0, 1, 0, 0, 0, 1, 0, UInt8(data.count)] + data
    }

    @Test(arguments: [
        ("a pointer to itself", response(name: [0xC0, 12])),
        ("a pointer forward", response(name: [0xC0, 14, 1, 0x61, 0])),
        ("a circle of two", response(name: [1, 0x61, 0xC0, 12])),
        ("a pointer into the header", response(name: [0xC0, 0])),
        ("a pointer past the end", response(name: [0xFF, 0xFF])),
        ("an unknown label type", response(name: [0x41, 0x61, 0])),
        ("a label past the end", response(name: [63])),
        ("an address of five octets", response(name: [0], data: [1, 2, 3, 4, 5])),
        ("an address of three octets", response(name: [0], data: [1, 2, 3])),
        ("an IPv6 address of four octets", response(name: [0], type: 28)),
        ("an SRV record without target", response(name: [0], data: [0, 1, 0, 1, 0, 1], type: 33)),
        ("an alias with something behind it", response(name: [0], data: [1, 0x61, 0, 0], type: 5)),
        ("more records than there are", [0, 1, 0x80, 0, 0, 0, 0xFF, 0xFF, 0, 0, 0, 0]),
        ("a question in another class", [0, 1, 0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 3]),
        ("nothing", []),
    ])
    func `malformed messages are named as such`(what: String, bytes: [UInt8]) {
        #expect {
            try DNSMessage(decoding: bytes)
        } throws: { error in
            if case DNSError.malformed = error { true } else { false }
        }
    }

    @Test func `a name put together by pointers ends at 255 octets`() {
        // Each block is a label of 63 octets and a pointer to the block before: the fifth name is too long.
        var bytes: [UInt8] = [0, 1, 0x80, 0, 0, 0, 0, 5, 0, 0, 0, 0]
        var previous: Int?
        for _ in 0..<5 {
            let start = bytes.count
            bytes += [63] + Array(repeating: 0x61, count: 63)
            if let previous { bytes += [0xC0 | UInt8(previous >> 8), UInt8(previous & 0xFF)] } else { bytes.append(0) }
            bytes += [0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 10, 0, 0, 1]
            previous = start
        }
        #expect(throws: DNSError.malformed("a name is longer than 255 octets", offset: 12)) {
            try DNSMessage(decoding: bytes)
        }
    }

    @Test func `a chain of bare pointers is cut short`() {
        // 200 pointers, each to the one before, inside the data of a record; then a name that enters at the last.
        var data: [UInt8] = [0]
        let base = 12 + 1 + 10
        for index in 0..<200 {
            let target = index == 0 ? base : base + 1 + 2 * (index - 1)
            data += [0xC0 | UInt8(target >> 8), UInt8(target & 0xFF)]
        }
        var bytes: [UInt8] = [0, 1, 0x80, 0, 0, 0, 0, 2, 0, 0, 0, 0]
        bytes += [0, 0, 99, 0, 1, 0, 0, 0, 1, UInt8(data.count >> 8), UInt8(data.count & 0xFF)] + data
        let last = base + 1 + 2 * 199
        bytes += [0xC0 | UInt8(last >> 8), UInt8(last & 0xFF), 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 10, 0, 0, 1]
        #expect {
            try DNSMessage(decoding: bytes)
        } throws: { "\($0)".contains("too many pointers") }
    }
}

#if Transport && DNS && DEBUG
import MeshCore

@testable import MeshDNS

/// Answers of name servers.
struct DNSTarget: FuzzTarget {
    private let question: DNSQuestion
    private let mutator = Mutator(corpus: corpus, tokens: tokens)

    init() throws { question = DNSQuestion(try DNSName("users.prod"), .a) }

    func examine(using random: inout SplitMix64) -> Finding {
        let bytes = mutator.input(of: 1...1, using: &random)
        func wrong(_ what: String) -> Finding { Finding(bytes, .wrong(what)) }

        _ = DNSQuery(question: question, id: 0x0102, extensions: .edns).accepts(bytes)
        let message: DNSMessage
        do throws(DNSError) {
            message = try DNSMessage(decoding: bytes)
        } catch {
            guard case .malformed(let reason, let offset) = error, !reason.isEmpty, (0...bytes.count).contains(offset)
            else { return wrong("the error \(error)") }
            return Finding(bytes, .refused)
        }
        guard (try? DNSMessage(decodingHeadOf: bytes))?.questions == message.questions else { return wrong("the head") }
        for record in message.answers + message.authorities + message.additionals {
            guard record.name.wire.count <= 255, record.name.labels.allSatisfy({ (1...63).contains($0.count) }) else {
                return wrong("the name \(record.name)")
            }
            guard "\(record.name)".utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
                return wrong("a name that cannot be shown: \("\(record.name)".debugDescription)")
            }
        }
        let again = try? DNSMessage(decoding: message.encoded())
        guard Self.isOfAnotherClass(message) || again == message else {
            return wrong("written and read once more, it is something else")
        }
        _ = try? ResponseReading(message, to: question)
        return Finding(bytes, .accepted)
    }

    /// Whether it has records that only look like ours.
    private static func isOfAnotherClass(_ message: DNSMessage) -> Bool {
        (message.answers + message.authorities + message.additionals).contains { record in
            if case .other(let type, _) = record.data { [.a, .aaaa, .cname, .srv, .soa].contains(type) } else { false }
        }
    }

    private static let header: [UInt8] = [1, 2, 0x81, 0x80, 0, 1]
    private static let asked: [UInt8] = [5] + Array("users".utf8) + [4] + Array("prod".utf8) + [0, 0, 1, 0, 1]

    private static func record(_ type: UInt8, _ data: [UInt8], name: [UInt8] = [0xC0, 12]) -> [UInt8] {
        name + [0, type, 0, 1, 0, 0, 0, 30, UInt8(data.count >> 8), UInt8(data.count & 0xFF)] + data
    }

    private static let authority = record(6, [0xC0, 12, 0xC0, 18] + [UInt8](repeating: 0, count: 19) + [9])
    private static let options: [UInt8] = [0, 0, 41, 4, 0xD0, 1, 0, 0, 0, 0, 0]

    private static let corpus: [[UInt8]] = [
        header + [0, 2, 0, 0, 0, 0] + asked + record(1, [10, 0, 0, 1]) + record(1, [10, 0, 0, 2]),
        header + [0, 2, 0, 0, 0, 1] + asked + record(5, [1, 0x61, 0xC0, 18])
            + record(28, [UInt8](repeating: 0xFD, count: 16), name: [0xC0, 0x28]) + options,
        header + [0, 1, 0, 0, 0, 0] + asked + record(33, [0, 1, 0, 2, 0x1F, 0x90, 1, 0x62, 0xC0, 12]),
        [1, 2, 0x81, 0x83, 0, 1, 0, 0, 0, 1, 0, 1] + asked + authority + options,
        header + [0, 1, 0, 0, 0, 0] + asked + record(16, [5] + Array("hello".utf8)),
        [1, 2, 0x83, 0x80, 0, 1, 0, 0, 0, 0, 0, 0] + asked,
    ]

    private static let tokens: [[UInt8]] = [
        [0], [0xC0, 0], [0xC0, 12], [0xC0, 18], [0xFF, 0xFF], [0x3F], [0x40], [0x80], [0, 1, 0, 1], [0, 41], [0, 33],
        [63] + [UInt8](repeating: 0x61, count: 63), [0, 4, 10, 0, 0, 9], options, asked, record(1, [10, 0, 0, 3]),
    ]
}
#endif

import MeshCore
import Testing

@testable import MeshDNS

/// Whatever the bytes, reading them ends with a message or with a ``DNSError/malformed(_:offset:)``.
@Suite struct DNSMessagePropertyTests {
    static let seeds = [DNSMessageTests.compressed, DNSMessageTests.plain.encoded()]

    /// Reads the bytes, and what comes out once more.
    private func survives(_ bytes: [UInt8]) -> Bool {
        do throws(DNSError) {
            let message = try DNSMessage(decoding: bytes)
            for record in message.answers where record.name.wire.count > 255 { return false }
            _ = try? ResponseReading(message, to: message.questions.first ?? DNSQuestion("a", .a))
            _ = DNSQuery(question: DNSQuestion("a", .a), id: message.id, extensions: .edns).accepts(bytes)
            _ = message.encoded()
            return true
        } catch {
            if case .malformed(_, let offset) = error { return (0...bytes.count).contains(offset) }
            return false
        }
    }

    @Test(arguments: seeds)
    func `every truncation of a message is malformed`(bytes: [UInt8]) {
        for count in 0..<bytes.count {
            #expect(throws: DNSError.self, "cut to \(count)") { try DNSMessage(decoding: Array(bytes.prefix(count))) }
        }
    }

    @Test(arguments: seeds)
    func `telling values of every byte are survived`(bytes: [UInt8]) {
        for index in bytes.indices {
            var mutated = bytes
            for value: UInt8 in [0, 1, 11, 12, 33, 41, 63, 64, 127, 128, 191, 192, 193, 254, 255] {
                mutated[index] = value
                if !survives(mutated) { Issue.record("byte \(index) is \(value)") }
            }
        }
    }

    @Test(arguments: seeds, [1, 2, 3] as [UInt64])
    func `mutated messages are survived`(bytes: [UInt8], seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for round in 0..<1_000 {
            var mutated = bytes
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                switch Int.random(in: 0..<4, using: &random) {
                case 0: mutated[Int.random(in: mutated.indices, using: &random)] = .random(in: 0...255, using: &random)
                case 1: mutated[Int.random(in: mutated.indices, using: &random)] = 0xC0
                case 2:
                    mutated.insert(
                        .random(in: 0...255, using: &random),
                        at: .random(in: 0...mutated.count, using: &random)
                    )
                default: if mutated.count > 1 { mutated.remove(at: .random(in: mutated.indices, using: &random)) }
                }
            }
            if !survives(mutated) { Issue.record("seed \(seed), round \(round)") }
        }
    }

    @Test(arguments: [4, 5] as [UInt64])
    func `random bytes are survived`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for round in 0..<2_000 {
            var bytes = (0..<Int.random(in: 0...300, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            if round.isMultiple(of: 2), bytes.count > 12 {
                for index in 4..<12 { bytes[index] = index.isMultiple(of: 2) ? 0 : bytes[index] & 7 }
            }
            if !survives(bytes) { Issue.record("seed \(seed), round \(round)") }
        }
    }
}

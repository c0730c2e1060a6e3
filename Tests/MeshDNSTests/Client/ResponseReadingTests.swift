import MeshCore
import Testing

@testable import MeshDNS

@Suite struct ResponseReadingTests {
    let question = DNSQuestion("users.test", .a)

    func read(
        flags: DNSMessage.Flags = [.response, .recursionAvailable],
        code: DNSResponseCode = .noError,
        _ answers: [DNSRecord] = [],
        authorities: [DNSRecord] = []
    ) throws -> ResponseReading {
        var message = DNSMessage(id: 1, flags: flags, responseCode: code, questions: [question])
        message.answers = answers
        message.authorities = authorities
        return try ResponseReading(message, to: question)
    }

    let soa = DNSRecord("test", ttl: 60, .authority(negativeTTL: 20))

    @Test func `the TTL is the lowest of the whole chain`() throws {
        let reading = try read([
            .address("real.test", "10.0.0.2", ttl: 50),
            .alias("users.test", "middle.test", ttl: 9),
            .alias("middle.test", "real.test", ttl: 70),
            .address("real.test", "10.0.0.1", ttl: 40),
            .address("other.test", "10.0.0.9", ttl: 1),
        ])
        #expect(
            reading.result
                == .answer(
                    .records([
                        .address("real.test", "10.0.0.2", ttl: 50), .address("real.test", "10.0.0.1", ttl: 40),
                    ])
                )
        )
        #expect(reading.ttl == 9)
        #expect(reading.links == 2)
    }

    @Test func `a negative answer holds for the lower of the SOA's two numbers`() throws {
        #expect(try read(code: .noSuchName, authorities: [soa]).ttl == 20)
        let short = DNSRecord("test", ttl: 3, .authority(negativeTTL: 20))
        #expect(try read(authorities: [short]).ttl == 3)
        #expect(try read(authorities: [soa]).result == .answer(.noData))
        #expect(try read(code: .noSuchName, authorities: [soa]).result == .answer(.noSuchName))
        #expect(try read(code: .noSuchName).ttl == nil)
        #expect(try read([.alias("users.test", "gone.test", ttl: 4)], authorities: [soa]).ttl == 4)
    }

    @Test func `an alias that leads nowhere is followed elsewhere`() throws {
        let reading = try read([.alias("users.test", "far.example", ttl: 4)])
        #expect(reading.result == .alias("far.example"))
        #expect(reading.ttl == 4)
    }

    @Test func `aliases in a circle are an error`() {
        #expect(throws: DNSError.brokenAliasChain("users.test leads back to itself")) {
            try read([.alias("users.test", "a.test"), .alias("a.test", "users.test")])
        }
    }

    @Test(arguments: [(16, true), (17, false)])
    func `a chain has at most 16 links`(links: Int, isGood: Bool) throws {
        var answers = [DNSRecord.alias("users.test", "n1.test")]
        for index in 1..<links {
            answers.append(.alias(try DNSName("n\(index).test"), try DNSName("n\(index + 1).test")))
        }
        answers.append(.address(try DNSName("n\(links).test"), "10.0.0.1"))
        if isGood {
            #expect(try read(answers).links == 16)
        } else {
            #expect(throws: DNSError.self) { try read(answers) }
        }
    }

    @Test(arguments: [
        DNSResponseCode.serverFailure, .refused, .formatError, .notImplemented, DNSResponseCode(rawValue: 9),
    ])
    func `an error code is no answer`(code: DNSResponseCode) {
        #expect(throws: DNSError.responseCode(code)) { try read(code: code) }
    }

    @Test func `a referral or a lame server is no answer`() throws {
        let ns = DNSRecord("test", ttl: 60, .other(.ns, [0]))
        #expect(throws: DNSError.notRecursive) { try read(flags: .response, authorities: [ns]) }
        #expect(throws: DNSError.notRecursive) { try read(authorities: [ns]) }
        #expect(throws: DNSError.notRecursive) { try read(flags: .response) }
        #expect(try read(flags: [.response, .authoritative]).result == .answer(.noData))
        #expect(try read().result == .answer(.noData))
    }
}

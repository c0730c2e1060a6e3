import MeshCore
import MeshTesting
import Testing

@testable import MeshDNS

@Suite struct DNSClientTests {
    let time = ManualClock()
    let exchange = ScriptedExchange()
    static let first = DNSServer(.v4(0x0A00_0001))
    static let second = DNSServer(.v4(0x0A00_0002))

    func client(attempts: Int = 1, policy: DNSPolicy = DNSPolicy()) -> DNSClient {
        let configuration = DNSConfiguration(servers: [Self.first, Self.second], attempts: attempts)
        return DNSClient(.fixed(configuration), policy: policy, exchange: exchange, clock: time.clock)
    }

    @Test func `an answer is asked for once in its lifetime`() async throws {
        exchange.script { _ in .records(.address("a", "10.0.0.1", ttl: 30)) }
        let client = client()
        #expect(try await client.lookup("a", .a).addresses == [.v4(0x0A00_0001)])
        time.advance(by: .milliseconds(29_999))
        #expect(try await client.lookup("a", .a).lifetime == .seconds(30))
        #expect(exchange.asked.count == 1)
        time.advance(by: .milliseconds(1))
        _ = try await client.lookup("a", .a)
        #expect(exchange.asked.count == 2)
        _ = try await client.lookup("a", .a, .fromServer)
        #expect(exchange.asked.count == 3)
    }

    @Test(arguments: [DNSResponseCode.noError, .noSuchName])
    func `no is an answer, and kept as long as the SOA says`(code: DNSResponseCode) async throws {
        exchange.script { _ in .no(code, ttl: 5) }
        let client = client()
        #expect(try await client.lookup("a", .a).result == (code == .noError ? .noData : .noSuchName))
        time.advance(by: .milliseconds(4_999))
        _ = try await client.lookup("a", .a)
        #expect(exchange.asked.count == 1)
        time.advance(by: .milliseconds(1))
        _ = try await client.lookup("a", .a)
        #expect(exchange.asked.count == 2)
    }

    @Test func `no without an SOA is not kept`() async throws {
        exchange.script { _ in .code(.noSuchName) }
        let client = client()
        for _ in 0..<2 { #expect(try await client.lookup("a", .a).result == .noSuchName) }
        #expect(exchange.asked.count == 2)
    }

    @Test(
        arguments: [
            ("SERVFAIL", .code(.serverFailure)), ("REFUSED", .code(.refused)),
            ("no recursion", .message { $0.flags = .response }),
            ("a closed port", .error(.unreachable("Connection refused"))),
            (
                "garbage behind the question",
                .bytes { Array($0.reply(.address("a.b", "10.0.0.9")).encoded().dropLast(3)) }
            ),
            ("a circle of aliases", .records(.alias("a.b", "c.d"), .alias("c.d", "a.b"))),
        ] as [(String, ScriptedExchange.Reply)]
    )
    func `the next server is asked after`(what: String, reply: ScriptedExchange.Reply) async throws {
        exchange.script { $0.server == Self.first ? reply : .records(.address("a.b", "10.0.0.1")) }
        #expect(try await client().lookup("a.b", .a).server == Self.second)
        #expect(exchange.asked.map(\.server) == [Self.first, Self.second])
    }

    @Test func `the next server is asked after the time-out, and first from then on`() async throws {
        exchange.script { $0.server == Self.first ? .silence : .records(.address("a", "10.0.0.1", ttl: 1)) }
        let client = client()
        async let answer = client.lookup("a", .a)
        await time.sleepers()
        time.advance(by: .seconds(2))
        #expect(try await answer.server == Self.second)
        time.advance(by: .seconds(1))
        #expect(try await client.lookup("a", .a).server == Self.second)
        #expect(exchange.asked.map(\.server) == [Self.first, Self.second, Self.second])
        #expect(exchange.waiting == 0)
        #expect(time.sleeperCount == 0)
    }

    @Test func `an error names every server and what it said`() async throws {
        exchange.script { $0.server == Self.first ? .code(.refused) : .error(.unreachable("Connection refused")) }
        let error = await #expect(throws: DNSLookupError.self) { try await client(attempts: 2).lookup("a", .srv) }
        #expect(error?.tries.count == 4)
        #expect(error?.description == "a SRV: 10.0.0.1:53: REFUSED; 10.0.0.2:53: unreachable: Connection refused")
    }

    @Test func `replies to other questions are ignored and counted`() async throws {
        exchange.script { _ in
            .bytes { query in
                var reply = query.reply()
                reply.id &+= 1
                return reply.encoded()
            }
        }
        let configuration = DNSConfiguration(servers: [Self.first], attempts: 1)
        let client = DNSClient(.fixed(configuration), exchange: exchange, clock: time.clock)
        async let answer = client.lookup("a", .a)
        await time.sleepers()
        while exchange.waiting == 0 { await Task.yield() }
        time.advance(by: .seconds(2))
        do {
            _ = try await answer
            Issue.record("there was an answer")
        } catch let error as DNSLookupError {
            #expect(error.tries.map(\.error) == [.timedOut(after: .seconds(2), ignoredReplies: 1)])
        }
    }

    @Test func `only the reply to the question is accepted`() throws {
        let query = DNSQuery(question: DNSQuestion("users.test", .a), id: 7, extensions: .edns)
        func accepts(_ edit: (inout DNSMessage) -> Void) throws -> Bool {
            var reply = try DNSMessage(decoding: query.bytes).reply()
            edit(&reply)
            return query.accepts(reply.encoded())
        }
        #expect(try accepts { _ in })
        #expect(try accepts { $0.responseCode = .noSuchName })
        #expect(try !accepts { $0.id = 8 })
        #expect(try !accepts { $0.flags = [] })
        #expect(try !accepts { $0.flags = [.response, .opcode] })
        #expect(try !accepts { $0.questions = [DNSQuestion("users.test", .aaaa)] })
        #expect(try !accepts { $0.questions = [DNSQuestion("other.test", .a)] })
        #expect(try !accepts { $0.questions = [] })
        #expect(try accepts { ($0.questions, $0.responseCode) = ([], .formatError) })
        #expect(!query.accepts([]))
        // Some servers do not echo the case of the question, others change it.
        var bytes = try DNSMessage(decoding: query.bytes).reply().encoded()
        bytes[13] = UInt8(ascii: "U")
        #expect(query.accepts(bytes))
    }

    @Test func `a truncated reply is asked for again over TCP`() async throws {
        exchange.script { asked in
            asked.transport == .tcp
                ? .records(.address("a", "10.0.0.1"))
                : .bytes { query in
                    var reply = query.reply()
                    reply.flags.insert(.truncated)
                    reply.answers = [.address("a", "10.0.0.9")]
                    return Array(reply.encoded().dropLast(3))
                }
        }
        #expect(try await client().lookup("a", .a).addresses == [.v4(0x0A00_0001)])
        #expect(exchange.asked.map(\.transport) == [.udp, .tcp])
    }

    @Test func `a server that does not know EDNS is asked without`() async throws {
        exchange.script { asked in
            asked.extensions == .edns
                ? .message { ($0.questions, $0.responseCode) = ([], .formatError) }
                : .records(.address("a", "10.0.0.1"))
        }
        #expect(try await client().lookup("a", .a).server == Self.first)
        #expect(exchange.asked.map(\.extensions) == [.edns, .none])
    }

    @Test func `an alias that the reply does not resolve is asked for`() async throws {
        exchange.script { asked in
            asked.question.name == "a"
                ? .records(.alias("a", "b", ttl: 3)) : .records(.address("b", "10.0.0.1", ttl: 9))
        }
        let answer = try await client().lookup("a", .a)
        #expect(answer.question.name == "a")
        #expect(answer.addresses.count == 1)
        #expect(answer.lifetime == .seconds(3))
    }

    @Test func `aliases in a circle over several replies end`() async throws {
        exchange.script { $0.question.name == "a" ? .records(.alias("a", "b")) : .records(.alias("b", "a")) }
        await #expect(throws: DNSLookupError.self) { try await client().lookup("a", .a) }
        #expect(exchange.asked.count == 2)
    }

    @Test func `cancellation ends a question and leaves nothing behind`() async throws {
        let client = client()
        let task = Task { try await client.lookup("a", .a) }
        await time.sleepers()
        while exchange.waiting == 0 { await Task.yield() }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(exchange.waiting == 0)
        #expect(time.sleeperCount == 0)
        #expect(exchange.asked.count == 1)
    }
}

extension DNSMessage {
    /// A reply to this query with these records.
    func reply(_ answers: DNSRecord...) -> DNSMessage {
        DNSMessage(
            id: id,
            flags: [.response, .recursionDesired, .recursionAvailable],
            questions: questions,
            answers: answers
        )
    }
}

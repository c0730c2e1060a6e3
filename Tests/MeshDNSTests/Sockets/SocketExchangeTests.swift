#if DNS
import Foundation
import MeshCore
import MeshTesting
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import MeshDNS

/// Real sockets on loopback, and a server that misbehaves. Time-outs here are real, and short where they are waited for.
@Suite(.takesTurns) struct SocketExchangeTests {
    func client(_ servers: [DNSServer], timeout: Duration = .seconds(10)) -> DNSClient {
        DNSClient(.fixed(DNSConfiguration(servers: servers, timeout: timeout, attempts: 1)))
    }

    static let good: LoopbackNameServer.Script = { [$0.reply(.address("a", "10.0.0.1")).encoded()] }
    static let wrong: LoopbackNameServer.Script = { [$0.reply(.address("a", "10.9.9.9")).encoded()] }

    static func framed(_ bytes: [UInt8]) -> [UInt8] {
        [UInt8(bytes.count >> 8), UInt8(bytes.count & 0xFF)] + bytes
    }

    @Test func `a question and its answer`() async throws {
        let server = try await LoopbackNameServer(udp: Self.good)
        #expect(try await client([server.server]).lookup("a", .a).addresses == [.v4(0x0A00_0001)])
        await server.stop()
    }

    @Test func `forged, foreign and broken datagrams in front of the answer are ignored`() async throws {
        let server = try await LoopbackNameServer(
            udp: { query in
                var otherID = query.reply(.address("a", "10.9.9.9"))
                otherID.id &+= 1
                var otherName = query.reply(.address("a", "10.9.9.9"))
                otherName.questions = [DNSQuestion("b", .a)]
                let garbage: [UInt8] = [1, 2, 3]
                return [otherID.encoded(), garbage, [], otherName.encoded(), query.encoded()] + Self.good(query)
            },
            elsewhere: Self.wrong
        )
        #expect(try await client([server.server]).lookup("a", .a).addresses == [.v4(0x0A00_0001)])
        await server.stop()
    }

    @Test func `the right reply from the wrong address is not heard`() async throws {
        let server = try await LoopbackNameServer(elsewhere: Self.wrong)
        let error = await #expect(throws: DNSLookupError.self) {
            try await client([server.server], timeout: .milliseconds(100)).lookup("a", .a)
        }
        #expect(error?.tries.map(\.error) == [.timedOut(after: .milliseconds(100), ignoredReplies: 0)])
        await server.stop()
    }

    @Test func `silence leads to the next server`() async throws {
        let silent = try await LoopbackNameServer()
        let server = try await LoopbackNameServer(udp: Self.good)
        let time = ManualClock()
        let configuration = DNSConfiguration(servers: [silent.server, server.server], attempts: 1)
        let client = DNSClient(.fixed(configuration), clock: time.clock)
        let task = Task { try await client.lookup("a", .a) }
        await time.sleepers()
        while silent.messageCount == 0 { await Task.yield() }
        time.advance(by: configuration.timeout)
        let answer = try await task.value
        #expect(answer.server == server.server)
        #expect(silent.messageCount == 1)
        await silent.stop()
        await server.stop()
    }

    @Test func `a closed port leads to the next server long before the time-out`() async throws {
        let closed = try await LoopbackNameServer()
        await closed.stop()
        let server = try await LoopbackNameServer(udp: Self.good)
        let start = ContinuousClock.now
        #expect(try await client([closed.server, server.server]).lookup("a", .a).server == server.server)
        #expect(start.duration(to: .now) < .seconds(5))
        let error = await #expect(throws: DNSLookupError.self) { try await client([closed.server]).lookup("a", .a) }
        #expect(error?.reason == "\(closed.server): unreachable: Connection refused")
        await server.stop()
    }

    @Test func `a truncated answer comes over TCP, in pieces if need be`() async throws {
        let server = try await LoopbackNameServer(
            udp: { query in
                var reply = query.reply()
                reply.flags.insert(.truncated)
                return [reply.encoded()]
            },
            tcp: { query in
                let records = (0..<2000).map { DNSRecord("a", ttl: 1, .address(.v4($0))) }
                var reply = query.reply()
                reply.answers = records
                let bytes = Self.framed(reply.encoded())
                return [Array(bytes[..<1]), Array(bytes[1..<700]), Array(bytes[700...])]
            }
        )
        #expect(try await client([server.server]).lookup("a", .a).addresses.count == 2000)
        while server.connectionCount > 0 { await Task.yield() }
        await server.stop()
    }

    enum Misbehaviour: String, CaseIterable {
        case hangUp = "closed before"
        case otherQuestion = "another question"
        case zeros = "belongs to another"
    }

    @Test(arguments: Misbehaviour.allCases)
    func `TCP that fails is the server's failure`(misbehaviour: Misbehaviour) async throws {
        let truncated: LoopbackNameServer.Script = { query in
            var reply = query.reply()
            reply.flags.insert(.truncated)
            return [reply.encoded()]
        }
        let server = try await LoopbackNameServer(udp: truncated) { query in
            switch misbehaviour {
            case .hangUp: []
            case .otherQuestion: [Self.framed(DNSMessage(id: query.id &+ 1, flags: .response).encoded())]
            case .zeros: [[0, 0]]
            }
        }
        let error = await #expect(throws: DNSLookupError.self) { try await client([server.server]).lookup("a", .a) }
        #expect(error?.reason.contains(misbehaviour.rawValue) == true)
        while server.connectionCount > 0 { await Task.yield() }
        await server.stop()
    }

    @Test func `IPv6 servers are asked, and unknown zones are an error`() async throws {
        let error = await #expect(throws: DNSLookupError.self) {
            try await client([DNSServer("fe80::1%nowhere9")!, DNSServer("[::1]:1")!]).lookup("a", .a)
        }
        #expect(error?.tries.count == 2)
        #expect(error?.tries.allSatisfy { if case .unreachable = $0.error { true } else { false } } == true)
    }

    @Test(arguments: [DNSTransport.udp, .tcp])
    func `cancelled questions close their sockets`(transport: DNSTransport) async throws {
        let server = try await LoopbackNameServer(tcp: { _ in [[0]] })
        let exchange = SocketExchange()
        let query = DNSQuery(question: DNSQuestion("a", .a), id: 1, extensions: .edns).bytes
        func descriptors() -> Int {
            (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? 0
        }
        let before = descriptors()
        await withTaskGroup { group in
            for index in 0..<100 {
                group.addTask {
                    await #expect(throws: CancellationError.self) {
                        try await exchange.reply(to: query, from: server.server, over: transport) { _ in true }
                    }
                }
                if index.isMultiple(of: 10) { await Task.yield() }
            }
            // Some are cancelled before they have a socket, some while they connect, some while they wait.
            while server.messageCount < 20 { await Task.yield() }
            group.cancelAll()
        }
        while server.connectionCount > 0 { await Task.yield() }
        // Other tests run beside this one and have a few sockets of their own; a leak would be a hundred, and stay.
        while descriptors() - before >= 60 { try await Task.sleep(for: .milliseconds(5)) }
        await server.stop()
    }
}
#endif

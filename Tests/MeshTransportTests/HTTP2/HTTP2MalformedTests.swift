#if Transport
import HTTPTypes
import MeshCore
import MeshHTTP
import MeshTransport
import NIOCore
import NIOHTTP2
import TestSupport
import Testing

/// What happens to a caller, and to everybody else, when an endpoint breaks the rules of HTTP/2.
@Suite(.serialized, .oneAtATime, .timeLimit(.minutes(10))) struct HTTP2MalformedTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let answer: @Sendable (Int, Peer) -> Void

        init(_ description: String, _ answer: @escaping @Sendable (Int, Peer) -> Void) {
            testDescription = description
            self.answer = answer
        }
    }

    private static let malformed: [Case] = [
        Case("no status") { $1.headers($0, [("a", "b")], isLast: true) },
        Case("two statuses") { $1.headers($0, [(":status", "200"), (":status", "200")], isLast: true) },
        Case("an upper-case name") { $1.headers($0, [(":status", "200"), ("X-Upper", "x")], isLast: true) },
        Case("a field of the connection") {
            $1.headers($0, [(":status", "200"), ("connection", "close")], isLast: true)
        },
        Case("a newline") { $1.headers($0, [(":status", "200"), ("a", "b\nc: d")], isLast: true) },
        Case("101") { $1.headers($0, [(":status", "101")]) },
        Case("an end at an informational response") { $1.headers($0, [(":status", "100")], isLast: true) },
        Case("informational responses and no other") { stream, peer in
            for _ in 0..<100 { peer.headers(stream, [(":status", "103"), ("a", String(repeating: "x", count: 100))]) }
        },
        Case("a body too long") { stream, peer in
            peer.headers(stream, [(":status", "200"), ("content-length", "1")])
            peer.data(stream, "ab", isLast: true)
        },
        Case("a body too short") { stream, peer in
            peer.headers(stream, [(":status", "200"), ("content-length", "3")])
            peer.data(stream, "ab", isLast: true)
        },
        Case("a length without a body") {
            $1.headers($0, [(":status", "200"), ("content-length", "3")], isLast: true)
        },
        Case("a body behind 204") { stream, peer in
            peer.headers(stream, [(":status", "204")])
            peer.data(stream, "ab", isLast: true)
        },
        Case("pseudo-fields in trailers") { stream, peer in
            peer.headers(stream, [(":status", "200")])
            peer.headers(stream, [(":status", "200")], isLast: true)
        },
        Case("a head too large") { stream, peer in
            peer.headers(stream, [(":status", "200"), ("a", String(repeating: "x", count: 10_000))], isLast: true)
        },
        Case("too many fields") { stream, peer in
            peer.headers(stream, [(":status", "200")] + (0..<300).map { ("x\($0)", "y") }, isLast: true)
        },
    ]

    @Test(arguments: malformed) func aMalformedResponseEndsItsStreamAlone(_ wrong: Case) async throws {
        try await withHTTP2(
            configuration: {
                $0.maximumConnectionsPerEndpoint = 1
                $0.maximumHeadSize = 8 * 1024
            },
            step: { received, peer in
                guard let stream = received.request else { return }
                switch received.path {
                case "/slow": peer.later(.milliseconds(100)) { $0.ok(stream) }
                case "/wrong": wrong.answer(stream, peer)
                default: peer.ok(stream)
                }
            }
        ) { transport, server in
            async let other = transport.send(.get, "/slow", to: server).text()
            let error = try await transportError { _ = try await transport.send(.get, "/wrong", to: server).text() }
            #expect(error.kind == .invalidResponse)
            #expect(error.outcome == .failure)
            #expect(error.underlying is MalformedResponse)
            try await expectEqual(other, "ok")
            try await expectEqual(transport.send(to: server).text(), "ok")
            #expect(server.connectionCount == 1)
        }
    }

    @Test func aBodyThatLiesAboutItsLengthFailsWhereItIsRead() async throws {
        try await withHTTP2(
            configuration: { $0.maximumConnectionsPerEndpoint = 1 },
            step: { received, peer in
                guard let stream = received.end else { return }
                guard received.path == "/go" else {
                    return peer.headers(stream, [(":status", "200"), ("content-length", "10")])
                }
                // The head of the first response is with its caller: now comes the rest.
                peer.data(1, "ab", isLast: true)
                peer.ok(stream)
            }
        ) { transport, server in
            let response = try await transport.send(to: server)
            try await expectEqual(transport.send(.get, "/go", to: server).text(), "ok")
            let error = try await transportError { _ = try await response.text() }
            #expect(error.kind == .invalidResponse)
            #expect("\(error)".contains("a body of 2 bytes, not 10"))
        }
    }

    private static let broken: [Case] = [
        Case("no frame at all") { $1.bytes(Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8)) },
        Case("a field that cannot be decompressed") { stream, peer in
            peer.bytes([0, 0, 1, 1, 5, 0, 0, 0, UInt8(stream), 0xBF])
        },
        Case("a body on a stream that nobody opened") { $1.bytes([0, 0, 1, 0, 0, 0, 0, 0, 99, 1]) },
        Case("a window above 2^31") { $1.bytes([0, 0, 4, 8, 0, 0, 0, 0, 0, 0x7F, 0xFF, 0xFF, 0xFF]) },
        Case("a push") { stream, peer in
            peer.bytes([0, 0, 5, 5, 4, 0, 0, 0, UInt8(stream), 0, 0, 0, 2, 0x82])
        },
        Case("an endless head") { stream, peer in
            var bytes: [UInt8] = [0, 0, 1, 1, 0, 0, 0, 0, UInt8(stream), 0x88]
            for _ in 0..<100 { bytes += [0, 0, 1, 9, 0, 0, 0, 0, UInt8(stream), 0x88] }
            peer.bytes(bytes)
        },
    ]

    @Test(arguments: broken) func aBrokenConnectionIsClosedWithAReason(_ wrong: Case) async throws {
        try await withHTTP2(
            step: { received, peer in
                if let stream = received.end { wrong.answer(stream, peer) }
            }
        ) { transport, server in
            let error = try await transportError { _ = try await transport.send(to: server) }
            #expect(error.kind == .invalidResponse)
            #expect(error.underlying is MalformedResponse)
            try await eventually("the connection is closed") { server.openConnections == 0 }
            #expect(server.received.contains { if case .goAway(let code) = $0 { code != .noError } else { false } })
        }
    }

    @Test func aServerOfHTTP1IsNoServerOfHTTP2() async throws {
        // Answers in HTTP/1.1, whatever comes.
        let server = try await PlainServer.start { Array("HTTP/1.1 505 Version\r\n\r\n".utf8) }
        let transport = NativeTransport(NativeTransport.Configuration(protocols: .http2, connectTimeout: .seconds(20)))
        let error = try await transportError { _ = try await transport.send(to: server.endpoint) }
        #expect(error.kind == .handshakeFailed)
        #expect(error.outcome == Outcome(.failure, retry: .neverSent))
        await transport.shutdown()
        try await server.close()
    }

    @Test func aServerThatClosesAtOnceIsNoServerOfHTTP2() async throws {
        let server = try await PlainServer.start { nil }
        let transport = NativeTransport(NativeTransport.Configuration(protocols: .http2, connectTimeout: .seconds(20)))
        let error = try await transportError { _ = try await transport.send(to: server.endpoint) }
        #expect(error.outcome == Outcome(.failure, retry: .neverSent))
        await transport.shutdown()
        try await server.close()
    }

    @Test func aServerThatTakesNoStreamsIsNotUsed() async throws {
        let script = FrameServer.Script(settings: [HTTP2Setting(parameter: .maxConcurrentStreams, value: 0)])
        try await withHTTP2(script) { transport, server in
            let error = try await transportError { _ = try await transport.send(to: server) }
            #expect(error.outcome == Outcome(.failure, retry: .neverSent))
            #expect("\(error)".contains("SETTINGS_MAX_CONCURRENT_STREAMS"))
        }
    }
}
#endif

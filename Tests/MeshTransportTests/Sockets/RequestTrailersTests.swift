#if Transport
import HTTPTypes
import MeshCore
import MeshHTTP
import NIOCore
import NIOHTTP2
import TestSupport
import Testing

@testable import MeshTransport

@Suite("Trailers of requests", .serialized, .oneAtATime, .timeLimit(.minutes(10))) struct RequestTrailersTests {
    private static let digest = HTTPField.Name("X-Digest")!
    private static let fields: HTTPFields = [digest: "abc", .via: "a, b"]

    private static func body(_ count: Int = 3, _ trailers: HTTPFields = fields) -> HTTPBody {
        HTTPBody(stream: Chunks(count: count), trailers: { trailers })
    }

    // MARK: HTTP/1.1

    @Test("stand behind the last chunk, and the connection is kept", arguments: [0, 3])
    func chunked(_ count: Int) async throws {
        let server = try await ScriptedServer.start()
        try await withTransport { transport async throws in
            for trailers in [Self.fields, [:], Self.fields] {
                try await transport.expectOK(.post, body: Self.body(count, trailers), from: server.endpoint())
            }
        }
        let lines = ["X-Digest: abc", "Via: a, b"]
        #expect(server.log.requests.map(\.trailers) == [lines, [], lines])
        #expect(server.log.requests.allSatisfy { $0.body.count == count })
        #expect(server.log.requests.allSatisfy { $0.value(of: "Transfer-Encoding") == "chunked" })
        #expect(server.log.accepted == 1)
        await server.stop()
    }

    @Test("are sent again with a recorded body")
    func replayed() async throws {
        let server = try await ScriptedServer.start()
        try await withTransport { transport async throws in
            var body = Self.body()
            body.prepareForReplay(limit: 100)
            for _ in 0..<2 { try await transport.expectOK(.post, body: body, from: server.endpoint()) }
        }
        #expect(server.log.requests.map(\.trailers.count) == [2, 2])
        await server.stop()
    }

    @Test("that do not come fail the call, and the connection closes")
    func failing() async throws {
        let server = try await ScriptedServer.start()
        try await withTransport { transport async throws in
            let body = HTTPBody(stream: Chunks(count: 3), trailers: { throw Unexpected() })
            let error = try await transportError {
                _ = try await transport.call(.post, body: body, to: server.endpoint())
            }
            #expect(error.kind == .requestBodyFailed)
            #expect(error.underlying is Unexpected)
            try await eventually("the connection stays open") { server.log.open == 0 }
        }
        #expect(server.log.requests.first?.trailers == [])
        await server.stop()
    }

    // MARK: What is refused

    @Test(
        "cannot be what comes too late",
        arguments: [
            "Content-Length", "transfer-encoding", "Host", "Connection", "Keep-Alive", "TE", "Trailer", "Upgrade",
            "Expect",
            "Authorization", "Cookie", "Content-Encoding", "Content-Type", "If-Match", "Range",
        ]
    )
    func forbidden(_ name: String) async throws {
        let fields: HTTPFields = [HTTPField.Name(name)!: "1"]
        #expect(throws: InvalidRequestError.trailer(name)) { try OutgoingTrailers(fields) }
    }

    @Test("that are refused fail the call, and nothing of them is sent")
    func refused() async throws {
        let server = try await ScriptedServer.start()
        try await withTransport { transport async throws in
            let error = try await transportError {
                _ = try await transport.call(.post, body: Self.body(3, [.contentLength: "3"]), to: server.endpoint())
            }
            #expect(error.kind == .requestBodyFailed)
            #expect(error.underlying as? InvalidRequestError == .trailer("Content-Length"))
            #expect(error.outcome == .inconclusive)
            try await eventually("the connection stays open") { server.log.open == 0 }
        }
        #expect(server.log.requests.first?.trailers == [])
        await server.stop()
    }

    @Test("do not go with a Content-Length")
    func withLength() async throws {
        let server = try await ScriptedServer.start()
        try await withTransport { transport async throws in
            let error = try await transportError {
                let length: HTTPFields = [.contentLength: "3"]
                _ = try await transport.call(.post, "/", length, body: Self.body(), to: server.endpoint())
            }
            #expect(error.kind == .invalidRequest)
            #expect(error.underlying as? InvalidRequestError == .trailersWithLength)
        }
        #expect(server.log.accepted == 0)
        await server.stop()
    }

    @Test("cannot smuggle anything through a value")
    func smuggling() throws {
        let field = HTTPField(name: Self.digest, lenientValue: "a\r\n\r\nGET / HTTP/1.1\r\n".utf8)
        let trailers = try #require(try OutgoingTrailers(HTTPFields([field])))
        var buffer = ByteBuffer()
        RequestEncoder.writeLastChunk(trailers, into: &buffer)
        #expect(String(buffer: buffer).split(separator: "\r\n", omittingEmptySubsequences: false).count == 4)
    }

    // MARK: HTTP/2

    @Test("are the last frame of their stream", arguments: [0, 3])
    func http2(_ count: Int) async throws {
        try await withHTTP2(step: { received, peer in
            if let stream = received.end { peer.ok(stream) }
        }) { transport, server in
            let response = try await transport.send(.post, body: Self.body(count), to: server)
            try await expectEqual(response.text(), "ok")
            let expected: [FrameServer.Field] = [
                .init(name: "x-digest", value: "abc"), .init(name: "via", value: "a, b"),
            ]
            #expect(server.received.contains(.headers(1, expected, isLast: true)))
            #expect(!server.received.contains { if case .data(_, _, isLast: true) = $0 { true } else { false } })
        }
    }

    @Test("that are refused reset their stream alone", arguments: [true, false])
    func http2Refused(isTooLarge: Bool) async throws {
        let value = String(repeating: "a", count: 17_000)
        let trailers: HTTPFields = isTooLarge ? [Self.digest: value] : [.contentLength: "3"]
        try await withHTTP2(
            configuration: { $0.maximumConnectionsPerEndpoint = 1 },
            step: { received, peer in
                if let stream = received.end { peer.ok(stream) }
            }
        ) { transport, server in
            let error = try await transportError {
                _ = try await transport.send(.post, body: Self.body(3, trailers), to: server)
            }
            #expect(error.kind == .requestBodyFailed)
            let expected = isTooLarge ? InvalidRequestError.headTooLarge(16_384) : .trailer("Content-Length")
            #expect(error.underlying as? InvalidRequestError == expected)
            try await eventually("the stream is reset") { server.received.contains(.reset(1, .cancel)) }
            try await expectEqual(transport.send(to: server).statusCode, 200)
            #expect(server.connectionCount == 1)
        }
    }

    // MARK: A real peer

    @Test("Node reads them", .enabled(if: Node.program != nil, "needs node"), arguments: ["http", "http2"])
    func node(_ module: String) async throws {
        let node = try await Node.start(module)
        try await withTransport(.single { if module == "http2" { $0.protocols = .http2 } }) { transport async throws in
            for count in [0, 3, 300] {
                let body = HTTPBody(stream: Chunks(count: count, size: 1000), trailers: { Self.fields })
                let text = try await transport.text(.post, body: body, from: node.endpoint)
                let digest = module == "http" ? "X-Digest" : "x-digest"
                let via = module == "http" ? "Via" : "via"
                #expect(text == #"[\#(count * 1000),"\#(digest)","abc","\#(via)","a, b"]"#)
            }
            #expect(await transport.connectionCount == 1, "the connection is kept")
        }
        await node.stop()
    }
}

/// Node that answers with the length of the body and the trailers.
private enum Node {
    static let program = findProgram("node")

    static func start(_ module: String) async throws -> ServerProcess {
        try await ServerProcess(program) { port, _ in
            [
                "-e",
                """
                require('\(module)').createServer((request, response) => {
                  let length = 0
                  request.on('data', chunk => { length += chunk.length })
                  request.on('end', () => response.end(JSON.stringify([length].concat(request.rawTrailers))))
                }).listen(\(port), '127.0.0.1')
                """,
            ]
        }
    }
}
#endif

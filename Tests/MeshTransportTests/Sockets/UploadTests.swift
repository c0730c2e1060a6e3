#if Transport
import HTTPTypes
import MeshCore
import MeshHTTP
import NIOCore
import TestSupport
import Testing

@testable import MeshTransport

@Suite("Uploads over sockets", .serialized, .oneAtATime, .timeLimit(.minutes(10))) struct TransportUploadTests {
    @Test("a body in memory arrives as it is", arguments: [0, 1, 16 << 10, 16 << 10 + 1, 5 << 20])
    func inMemory(_ size: Int) async throws {
        let server = try await ScriptedServer.start()
        let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
        try await withTransport { transport async throws in
            for _ in 0..<2 {
                try await transport.expectOK(.post, body: HTTPBody(bytes), from: server.endpoint())
            }
        }
        #expect(server.log.requests.allSatisfy { $0.body == bytes && $0.value(of: "Content-Length") == "\(size)" })
        #expect(server.log.accepted == 1)
        await server.stop()
    }

    @Test("a streamed body arrives as it is, of known length or not", arguments: [true, false])
    func streamed(isKnown: Bool) async throws {
        let server = try await ScriptedServer.start()
        let chunks = Chunks(count: 300, size: 1000)
        try await withTransport { transport async throws in
            for _ in 0..<2 {
                let body = HTTPBody(stream: chunks, length: isKnown ? 300_000 : nil)
                try await transport.expectOK(.post, body: body, from: server.endpoint())
            }
        }
        for request in server.log.requests {
            #expect(request.body.count == 300_000)
            #expect(request.body.last == UInt8(ascii: "a") + UInt8(299 % 26))
            #expect(request.value(of: "Content-Length") == (isKnown ? "300000" : nil))
            #expect(request.value(of: "Transfer-Encoding") == (isKnown ? nil : "chunked"))
        }
        #expect(server.log.accepted == 1)
        await server.stop()
    }

    @Test("a streamed body without a byte arrives as such", arguments: [Int64?.none, 0])
    func empty(_ length: Int64?) async throws {
        let server = try await ScriptedServer.start()
        try await withTransport { transport async throws in
            for method in [HTTPRequest.Method.get, .post] {
                let body = HTTPBody(stream: Chunks(count: 0), length: length)
                try await transport.expectOK(method, body: body, from: server.endpoint())
            }
        }
        #expect(server.log.requests.allSatisfy { $0.body.isEmpty })
        await server.stop()
    }

    @Test("a server that does not read holds back the source")
    func backPressure() async throws {
        let gate = Gate()
        let server = try await ScriptedServer.start { _, _ in [.stopReading(gate), .readBody, .ok] }
        let chunks = Chunks(count: 1000, size: 64 << 10)
        try await withTransport { transport async throws in
            let call = Task {
                try await transport.text(.post, body: HTTPBody(stream: chunks), from: server.endpoint())
            }
            var last = -1
            var still = 0
            try await eventually("the source does not stop") {
                still = chunks.progress.produced == last ? still + 1 : 0
                last = chunks.progress.produced
                return still == 50 && last > 0
            }
            #expect(last < 400, "more than the sockets of both sides hold")
            gate.open()
            #expect(try await call.value == "ok")
            let whole = 1000 * 65_536
            #expect(server.log.requests.first?.body.count == whole)
        }
        await server.stop()
    }

    @Test("a source that throws fails the call, and the connection closes")
    func sourceThrows() async throws {
        let server = try await ScriptedServer.start()
        try await withTransport { transport async throws in
            let body = HTTPBody(stream: Chunks(count: 3, error: Unexpected()))
            let error = try await transportError {
                _ = try await transport.call(.post, body: body, to: server.endpoint())
            }
            #expect(error.kind == .requestBodyFailed)
            #expect(error.underlying is Unexpected)
            #expect(error.outcome == .inconclusive)
            #expect(await transport.connectionCount == 0)
            try await eventually("the connection stays open") { server.log.open == 0 }
        }
        await server.stop()
    }

    @Test(
        "a source with another length than it said fails the call",
        arguments: [HTTPRequest.Method.post, .get],
        [0, 2, 4] as [Int64]
    )
    func wrongLength(_ method: HTTPRequest.Method, _ length: Int64) async throws {
        let server = try await ScriptedServer.start { _, _ in [.readBody] }
        try await withTransport { transport async throws in
            let body = HTTPBody(stream: Chunks(count: 3), length: length)
            let error = try await transportError {
                _ = try await transport.call(method, body: body, to: server.endpoint())
            }
            #expect(error.kind == .requestBodyFailed)
            #expect(await transport.connectionCount == 0)
            try await eventually("the connection stays open") { server.log.open == 0 }
        }
        #expect(server.log.requests.allSatisfy { $0.body.count <= length })
        await server.stop()
    }

    @Test("an answer before the end of the upload stops it, and the connection closes")
    func earlyAnswer() async throws {
        let server = try await ScriptedServer.start { _, _ in
            [.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno")]
        }
        let chunks = Chunks(count: .max, size: 1000)
        try await withTransport { transport async throws in
            let response = try await transport.call(.post, body: HTTPBody(stream: chunks), to: server.endpoint())
            #expect(response.head.status.code == 413)
            #expect(try await response.body.collect(upTo: 10) == Array("no".utf8))
            #expect(await transport.connectionCount == 0)
            var last = -1
            try await eventually("the upload goes on") {
                defer { last = chunks.progress.produced }
                return chunks.progress.produced == last
            }
            try await eventually("the connection stays open") { server.log.open == 0 }
        }
        await server.stop()
    }

    @Test("an answer before a large body has left makes the connection unfit for another request")
    func earlyAnswerToLarge() async throws {
        let gate = Gate()
        let server = try await ScriptedServer.start { connection, _ in
            connection > 1
                ? [.readBody, .ok]
                : [.stopReading(gate), .send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n")]
        }
        try await withTransport { transport async throws in
            let large = HTTPBody([UInt8](repeating: 1, count: 64 << 20))
            #expect(try await transport.call(.post, body: large, to: server.endpoint()).head.status.code == 413)
            #expect(await transport.connectionCount == 0)
            try await transport.expectOK(from: server.endpoint())
        }
        gate.open()
        await server.stop()
    }

    @Test("a response may stream while the request does")
    func bothWays() async throws {
        let gate = Gate()
        let server = try await ScriptedServer.start { _, _ in
            [
                .send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n"), .readBody, .wait(gate),
                .send("3\r\nllo\r\n0\r\n\r\n"),
            ]
        }
        try await withTransport { transport async throws in
            let (source, feed) = AsyncThrowingStream<HTTPBody.Chunk, any Error>.makeStream()
            let response = try await transport.call(.post, body: HTTPBody(stream: source), to: server.endpoint())
            for _ in 0..<10 { feed.yield(Array("x".utf8)[...]) }
            feed.finish()
            try await eventually("the upload stops") { server.log.requests.first?.body.count == 10 }
            gate.open()
            #expect(try await response.body.collect(upTo: 10) == Array("hello".utf8))
            #expect(await transport.connectionCount == 1, "the connection is kept")
        }
        await server.stop()
    }

    @Test("a cancelled call cancels its source")
    func cancelled() async throws {
        let server = try await ScriptedServer.start()
        try await withTransport { transport async throws in
            let (source, feed) = AsyncThrowingStream<HTTPBody.Chunk, any Error>.makeStream()
            let (ended, end) = AsyncStream<Void>.makeStream()
            feed.onTermination = { _ in end.yield() }
            let call = Task { try await transport.call(.post, body: HTTPBody(stream: source), to: server.endpoint()) }
            try await eventually("no request") { server.log.requests.count == 1 }
            call.cancel()
            await #expect(throws: CancellationError.self) { try await call.value }
            var iterator = ended.makeAsyncIterator()
            _ = await iterator.next()
            #expect(await transport.connectionCount == 0)
        }
        await server.stop()
    }

    @Test("nothing of a call and its source is left when the call has ended")
    func letsGo() async throws {
        final class Token: Sendable {}
        struct Holding: AsyncSequence, Sendable {
            let token: Token
            var chunks = Chunks(count: 3)
            func makeAsyncIterator() -> Chunks.AsyncIterator { chunks.makeAsyncIterator() }
        }
        let server = try await ScriptedServer.start { _, request in request == 3 ? [.close] : [.readBody, .ok] }
        try await withTransport { transport async throws in
            for _ in 0..<5 {
                weak var left: Token?
                do {
                    let token = Token()
                    left = token
                    _ = try? await transport.text(
                        .post,
                        body: HTTPBody(stream: Holding(token: token)),
                        from: server.endpoint()
                    )
                }
                try await eventually("the source is kept") { left == nil }
            }
        }
        await server.stop()
    }

    // MARK: 100 Continue

    private let expects: HTTPFields = [.expect: "100-continue"]

    private func body(isStreamed: Bool) -> HTTPBody {
        isStreamed ? HTTPBody(stream: Chunks(count: 5)) : HTTPBody("abcde")
    }

    @Test("a body waits for 100 Continue", arguments: [true, false])
    func granted(isStreamed: Bool) async throws {
        let gate = Gate()
        let server = try await ScriptedServer.start { _, _ in
            [.wait(gate), .send("HTTP/1.1 100 Continue\r\n\r\n"), .readBody, .ok]
        }
        try await withTransport(.single { $0.continueTimeout = .seconds(1000) }) { transport async throws in
            let call = Task {
                try await transport.text(
                    .post,
                    "/",
                    expects,
                    body: body(isStreamed: isStreamed),
                    from: server.endpoint()
                )
            }
            try await eventually("no request") { server.log.requests.count == 1 }
            #expect(server.log.requests.first?.body == [])
            gate.open()
            #expect(try await call.value == "ok")
            #expect(server.log.requests.first?.body == Array("abcde".utf8))
            #expect(await transport.connectionCount == 1, "the connection is kept")
        }
        await server.stop()
    }

    @Test("a body that is not wanted is not sent, also while the answer streams", arguments: [true, false])
    func refused(isStreamed: Bool) async throws {
        let gate = Gate()
        let server = try await ScriptedServer.start { _, _ in
            [.send("HTTP/1.1 417 Expectation Failed\r\nContent-Length: 2\r\n\r\nn"), .wait(gate), .send("o")]
        }
        try await withTransport(.single { $0.continueTimeout = .seconds(2) }) { transport async throws in
            let body = body(isStreamed: isStreamed)
            let response = try await transport.call(.post, "/", expects, body: body, to: server.endpoint())
            #expect(response.head.status.code == 417)
            try await Task.sleep(for: .milliseconds(2200))
            gate.open()
            #expect(try await response.body.collect(upTo: 10) == Array("no".utf8))
            #expect(server.log.requests.first?.body == [])
            try await eventually("the connection stays open") { server.log.open == 0 }
        }
        await server.stop()
    }

    @Test("a body does not wait for ever for a server that knows nothing of 100 Continue", arguments: [true, false])
    func ignored(isStreamed: Bool) async throws {
        let server = try await ScriptedServer.start()
        try await withTransport(.single { $0.continueTimeout = .milliseconds(10) }) { transport async throws in
            let body = body(isStreamed: isStreamed)
            try await transport.expectOK(.post, "/", expects, body: body, from: server.endpoint())
            #expect(server.log.requests.first?.body == Array("abcde".utf8))
        }
        await server.stop()
    }
}
#endif

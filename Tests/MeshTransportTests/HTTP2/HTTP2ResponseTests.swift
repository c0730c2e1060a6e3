#if Transport
import HTTPTypes
import MeshCore
import MeshHTTP
import MeshTransport
import NIOCore
import NIOHTTP2
import Synchronization
import TestSupport
import Testing

/// What a caller gets of a response over HTTP/2.
@Suite(.serialized, .oneAtATime, .timeLimit(.minutes(10))) struct HTTP2ResponseTests {
    /// Answers every request with `fields` and `body` in one piece.
    private static func answering(
        _ fields: [(String, String)],
        _ body: String? = nil
    ) -> @Sendable (FrameServer.Received, Peer) -> Void {
        { received, peer in
            guard let stream = received.end else { return }
            peer.headers(stream, fields, isLast: body == nil)
            if let body { peer.data(stream, body, isLast: true) }
        }
    }

    @Test func aResponseInOnePieceHasItsBodyInMemory() async throws {
        try await withHTTP2(step: Self.answering([(":status", "200"), ("content-length", "5")], "hello")) {
            transport,
            server in
            let response = try await transport.send(to: server)
            #expect(response.body.bytes == Array("hello".utf8))
            #expect(response.head.headerFields[.contentLength] == "5")
        }
    }

    @Test func informationalResponsesAreSkipped() async throws {
        try await withHTTP2(
            step: { received, peer in
                guard let stream = received.end else { return }
                peer.headers(stream, [(":status", "103"), ("link", "x")])
                peer.headers(stream, [(":status", "102")])
                peer.ok(stream)
            }
        ) { transport, server in
            let response = try await transport.send(to: server)
            #expect(response.statusCode == 200)
            #expect(response.headerValue("link") == nil)
        }
    }

    @Test func trailersCome() async throws {
        try await withHTTP2(
            step: { received, peer in
                guard let stream = received.end else { return }
                peer.headers(stream, [(":status", "200")])
                // Padded, by hand: the server's library does not know how.
                peer.bytes(
                    [0, 0, 14, 0, 8, 0, 0, 0, UInt8(stream), 9] + Array("body".utf8) + [UInt8](repeating: 0, count: 9)
                )
                peer.headers(stream, [("grpc-status", "0")], isLast: true)
            }
        ) { transport, server in
            let response = try await transport.send(to: server)
            try await expectEqual(response.text(), "body")
            #expect(response.trailers?[HTTPField.Name("grpc-status")!] == "0")
        }
    }

    @Test func aStreamedResponseComesInPiecesWithItsTrailers() async throws {
        try await withHTTP2(
            configuration: { $0.maximumConnectionsPerEndpoint = 1 },
            step: { received, peer in
                guard let stream = received.end else { return }
                guard received.path == "/go" else { return peer.headers(stream, [(":status", "200")]) }
                // The head of the first response is with its caller: now comes the rest.
                peer.data(1, "one")
                peer.ok(stream)
                peer.data(1, "two")
                peer.headers(1, [("x-sum", "6")], isLast: true)
            }
        ) { transport, server in
            let response = try await transport.send(to: server)
            #expect(response.body.bytes == nil)
            #expect(response.trailers == nil)
            try await expectEqual(transport.send(.get, "/go", to: server).text(), "ok")
            try await expectEqual(response.text(), "onetwo")
            #expect(response.trailers?[HTTPField.Name("x-sum")!] == "6")
        }
    }

    @Test(arguments: [(HTTPRequest.Method.head, "200"), (.get, "204"), (.get, "304")])
    func someResponsesHaveNoBody(method: HTTPRequest.Method, status: String) async throws {
        try await withHTTP2(step: Self.answering([(":status", status), ("content-length", "1000")])) {
            transport,
            server in
            let response = try await transport.send(method, to: server)
            #expect(response.statusCode == Int(status))
            #expect(response.body.bytes == [])
        }
    }

    @Test func manyResponsesShareAConnection() async throws {
        try await withHTTP2(
            step: { received, peer in
                guard let stream = received.end, let path = received.path else { return }
                // In another order than they were asked for.
                peer.later(.milliseconds(Int64(stream % 7))) { $0.ok(stream, path) }
            }
        ) { transport, server in
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<64 {
                    group.addTask { try await transport.send(.get, "/\(number)", to: server).text() == "/\(number)" }
                }
                for try await isRight in group { #expect(isRight) }
            }
            #expect(server.connectionCount <= 2)
        }
    }

    @Test func aSlowReaderMakesTheServerWait() async throws {
        let sent = Mutex<Int>(0)
        let step: @Sendable (FrameServer.Received, Peer) -> Void = { received, peer in
            guard let stream = received.end else { return }
            peer.headers(stream, [(":status", "200")])
            let piece = String(repeating: "x", count: 16_384)
            for number in 0..<256 {
                let promise: EventLoopPromise<Void> = peer.channel.eventLoop.makePromise()
                promise.futureResult.whenSuccess { sent.withLock { (bytes: inout Int) in bytes += 16_384 } }
                peer.data(stream, piece, isLast: number == 255, promise: promise)
            }
        }
        try await withHTTP2(step: step) { transport, server in
            let response = try await transport.send(to: server)
            let window = 1_048_576
            try await eventually("the window is used up") { sent.withLock { $0 } >= window }
            try await Task.sleep(for: .milliseconds(50))
            // The window and what the reader took before it had no room.
            let most = window + window / 2 + 65_536
            #expect(sent.withLock { $0 } <= most)
            let whole = 256 * 16_384
            try await expectEqual(response.text().utf8.count, whole)
        }
    }

    @Test func aDroppedBodyResetsItsStream() async throws {
        try await withHTTP2(
            step: { received, peer in
                guard let stream = received.end else { return }
                peer.headers(stream, [(":status", "200")])
                peer.data(stream, "some")
            }
        ) { transport, server in
            let response = try await transport.send(to: server)
            #expect(response.statusCode == 200)
            response.discard()
            try await eventually("the stream is reset") { server.received.contains(.reset(1, .cancel)) }
        }
    }

    @Test func aCancelledCallResetsItsStreamAndLeavesTheOthersAlone() async throws {
        try await withHTTP2(
            step: { received, peer in
                guard let stream = received.end, received.path != "/never" else { return }
                peer.ok(stream)
            }
        ) { transport, server in
            let call = Task { try await transport.send(.get, "/never", to: server) }
            try await eventually("the request is there") { server.received.contains { $0.path == "/never" } }
            call.cancel()
            await #expect(throws: CancellationError.self) { _ = try await call.value }
            try await eventually("the stream is reset") { server.received.contains(.reset(1, .cancel)) }
            try await expectEqual(transport.send(to: server).text(), "ok")
            #expect(server.openConnections == server.connectionCount)
        }
    }

    @Test func theReasonOfACancellationSignalIsThrown() async throws {
        try await withHTTP2(step: { _, _ in }) { transport, server in
            let signal = CancellationSignal()
            let call = Task { try await transport.send(to: server, signal: signal) }
            try await eventually("the request is there") { server.received.contains { $0.request != nil } }
            signal.cancel(.deadlineExceeded)
            await #expect(throws: CancellationSignal.Reason.deadlineExceeded) { _ = try await call.value }
            try await eventually("the stream is reset") { server.received.contains(.reset(1, .cancel)) }
        }
    }
}
#endif

#if Transport
import HTTPTypes
import MeshCore
import MeshHTTP
import MeshTransport
import NIOCore
import NIOHTTP2
import TestSupport
import Testing

/// What an endpoint sees of a request over HTTP/2.
@Suite(.serialized, .oneAtATime, .timeLimit(.minutes(10))) struct HTTP2RequestTests {
    private static let answering: @Sendable (FrameServer.Received, Peer) -> Void = { received, peer in
        if let stream = received.end { peer.ok(stream) }
    }

    @Test func aRequestHasPseudoFieldsAndNoneOfTheConnection() async throws {
        try await withHTTP2(step: Self.answering) { transport, server in
            var fields = HTTPFields()
            for (name, value) in [
                ("Connection", "close"), ("Keep-Alive", "1"), ("Proxy-Connection", "x"), ("Host", "other"),
                ("TE", "gzip"), ("X-User", "7"), ("Authorization", "Bearer s"),
            ] {
                fields.append(HTTPField(name: HTTPField.Name(name)!, value: value))
            }
            let response = try await transport.send(
                .post,
                "/a?b=c",
                fields: fields,
                body: HTTPBody("hello"),
                to: server
            )
            #expect(response.statusCode == 200)
            try await expectEqual(response.text(), "ok")
            let expected: [FrameServer.Field] = [
                .init(name: ":method", value: "POST"), .init(name: ":scheme", value: "http"),
                .init(name: ":authority", value: "users.prod"), .init(name: ":path", value: "/a?b=c"),
                .init(name: "x-user", value: "7"), .init(name: "authorization", value: "Bearer s"),
                .init(name: "content-length", value: "5"),
            ]
            #expect(server.received.contains(.headers(1, expected, isLast: false)))
            #expect(server.received.contains(.data(1, "hello", isLast: true)))
        }
    }

    @Test func trailersMayBeAskedFor() async throws {
        try await withHTTP2(step: Self.answering) { transport, server in
            _ = try await transport.send(fields: [HTTPField.Name("TE")!: "trailers"], to: server)
            let sent = server.received.compactMap { received -> [FrameServer.Field]? in
                if case .headers(_, let fields, isLast: true) = received { fields } else { nil }
            }
            #expect(sent.first?.contains(.init(name: "te", value: "trailers")) == true)
        }
    }

    @Test func aRequestWithoutBodyEndsWithItsHead() async throws {
        try await withHTTP2(step: Self.answering) { transport, server in
            _ = try await transport.send(to: server)
            #expect(server.received.contains { $0.request == 1 && $0.end == 1 })
            #expect(!server.received.contains { if case .data = $0 { true } else { false } })
        }
    }

    @Test func theTransportSaysWhatItTakes() async throws {
        try await withHTTP2(step: Self.answering) { transport, server in
            _ = try await transport.send(to: server)
            #expect(server.received.contains(.settings([2: 0, 4: 1 << 20, 6: 128 * 1024])))
            #expect(server.received.contains(.windowUpdate(0, 16 * (1 << 20) - 65_535)))
        }
    }

    @Test func aStreamingBodyIsSentPieceByPieceAndEnds() async throws {
        try await withHTTP2(step: Self.answering) { transport, server in
            let (stream, source) = AsyncThrowingStream<ArraySlice<UInt8>, any Error>.makeStream()
            source.yield(Array("one".utf8)[...])
            source.yield(Array("two".utf8)[...])
            source.finish()
            let response = try await transport.send(.put, body: HTTPBody(stream: stream, length: 6), to: server)
            #expect(response.statusCode == 200)
            let data = server.received.filter { if case .data = $0 { true } else { false } }
            #expect(
                data == [.data(1, "one", isLast: false), .data(1, "two", isLast: false), .data(1, "", isLast: true)]
            )
        }
    }

    @Test func aBodyLargerThanTheWindowsArrivesWhole() async throws {
        try await withHTTP2(
            step: { received, peer in
                if case .data(let stream, let text, let isLast) = received {
                    // The server gives back what it has taken, as a server does.
                    if !text.isEmpty {
                        peer.send(0, .windowUpdate(windowSizeIncrement: text.utf8.count))
                        if !isLast { peer.send(stream, .windowUpdate(windowSizeIncrement: text.utf8.count)) }
                    }
                }
                if let stream = received.end { peer.ok(stream) }
            }
        ) { transport, server in
            let size = 1_000_000
            let response = try await transport.send(
                .post,
                body: HTTPBody([UInt8](repeating: 97, count: size)),
                to: server
            )
            try await expectEqual(response.text(), "ok")
            let sum = server.received.reduce(0) {
                if case .data(_, let text, _) = $1 { $0 + text.utf8.count } else { $0 }
            }
            #expect(sum == size)
        }
    }

    @Test func aBodyWaitsForContinue() async throws {
        try await withHTTP2(
            configuration: { $0.continueTimeout = .seconds(30) },
            step: { received, peer in
                if let stream = received.request { peer.headers(stream, [(":status", "100")]) }
                if case .data(let stream, "hello", isLast: true) = received { peer.ok(stream) }
            }
        ) { transport, server in
            let response = try await transport.send(
                .post,
                fields: [.expect: "100-continue"],
                body: HTTPBody("hello"),
                to: server
            )
            try await expectEqual(response.text(), "ok")
        }
    }

    @Test func aRefusalInsteadOfContinueSavesTheBody() async throws {
        try await withHTTP2(
            configuration: { $0.continueTimeout = .seconds(30) },
            step: { received, peer in
                if let stream = received.request { peer.headers(stream, [(":status", "413")], isLast: true) }
            }
        ) { transport, server in
            let response = try await transport.send(
                .post,
                fields: [.expect: "100-continue"],
                body: HTTPBody("hello"),
                to: server
            )
            #expect(response.statusCode == 413)
            try await eventually("the stream is reset") { server.received.contains(.reset(1, .noError)) }
            #expect(!server.received.contains { if case .data = $0 { true } else { false } })
        }
    }

    @Test func aRefusalWhoseEndIsStillToComeSavesTheBody() async throws {
        try await withHTTP2(
            configuration: { $0.continueTimeout = .milliseconds(20) },
            step: { received, peer in
                guard let stream = received.request else { return }
                peer.headers(stream, [(":status", "413")])
                peer.later(.milliseconds(100)) { $0.data(stream, "too large", isLast: true) }
            }
        ) { transport, server in
            let response = try await transport.send(
                .post,
                fields: [.expect: "100-continue"],
                body: HTTPBody("hello"),
                to: server
            )
            #expect(response.statusCode == 413)
            try await expectEqual(response.text(), "too large")
            try await eventually("the stream is reset") { server.received.contains(.reset(1, .noError)) }
            #expect(!server.received.contains { if case .data = $0 { true } else { false } })
        }
    }

    @Test func aServerThatSucceedsBeforeItHasAskedForTheBodyGetsIt() async throws {
        try await withHTTP2(
            configuration: { $0.continueTimeout = .milliseconds(20) },
            step: { received, peer in
                if let stream = received.request { peer.headers(stream, [(":status", "200")]) }
                if case .data(let stream, "hello", isLast: true) = received { peer.data(stream, "ok", isLast: true) }
            }
        ) { transport, server in
            let response = try await transport.send(
                .post,
                fields: [.expect: "100-continue"],
                body: HTTPBody("hello"),
                to: server
            )
            try await expectEqual(response.text(), "ok")
        }
    }

    @Test func aServerThatKnowsNothingOfContinueGetsTheBodyAfterTheTimeout() async throws {
        try await withHTTP2(
            configuration: { $0.continueTimeout = .milliseconds(20) },
            step: Self.answering
        ) { transport, server in
            let response = try await transport.send(
                .post,
                fields: [.expect: "100-continue"],
                body: HTTPBody("hello"),
                to: server
            )
            try await expectEqual(response.text(), "ok")
        }
    }

    /// A body that nobody else holds: its source ends when the transport lets go of it, whether it waits for a piece then or
    /// has one under way.
    private static func endlessBody(_ ended: Occurrence) -> HTTPBody {
        let (stream, source) = AsyncThrowingStream<ArraySlice<UInt8>, any Error>.makeStream()
        source.onTermination = { _ in ended.happen() }
        source.yield([1])
        return HTTPBody(stream: stream)
    }

    @Test func anEarlyResponseEndsTheUpload() async throws {
        try await withHTTP2(
            step: { received, peer in
                if let stream = received.request { peer.headers(stream, [(":status", "401")], isLast: true) }
            }
        ) { transport, server in
            let ended = Occurrence()
            let response = try await transport.send(.post, body: Self.endlessBody(ended), to: server)
            #expect(response.statusCode == 401)
            try await eventually("the stream is reset") { server.received.contains(.reset(1, .noError)) }
            try await eventually("the source is let go") { ended.hasHappened }
            #expect(server.openConnections == 1)
        }
    }

    @Test func anEarlyResponseToABodyInMemoryEndsTheUpload() async throws {
        try await withHTTP2(
            step: { received, peer in
                // The window of the server is never opened again, so the body is not out when the answer comes.
                if let stream = received.request { peer.headers(stream, [(":status", "413")], isLast: true) }
            }
        ) { transport, server in
            let response = try await transport.send(
                .post,
                body: HTTPBody([UInt8](repeating: 1, count: 200_000)),
                to: server
            )
            #expect(response.statusCode == 413)
            try await eventually("the stream is reset") { server.received.contains(.reset(1, .noError)) }
            try await expectEqual(transport.send(.get, to: server).statusCode, 413)
        }
    }

    @Test func aHeadThatDoesNotFitIntoAFrameIsRefusedBeforeItDoesHarm() async throws {
        try await withHTTP2(
            configuration: { $0.maximumConnectionsPerEndpoint = 1 },
            step: Self.answering
        ) { transport, server in
            let large = HTTPField(name: HTTPField.Name("x-large")!, value: String(repeating: "a", count: 17_000))
            let error = try await transportError {
                _ = try await transport.send(fields: HTTPFields([large]), to: server)
            }
            #expect(error.kind == .invalidRequest)
            #expect(error.outcome == Outcome(.inconclusive))
            let fitting = HTTPField(name: HTTPField.Name("x-large")!, value: String(repeating: "a", count: 15_000))
            try await expectEqual(transport.send(fields: HTTPFields([fitting]), to: server).statusCode, 200)
            #expect(server.connectionCount == 1)
        }
    }

    @Test func aBodyThatFailsResetsItsStreamAlone() async throws {
        try await withHTTP2(
            configuration: { $0.maximumConnectionsPerEndpoint = 1 },
            step: Self.answering
        ) { transport, server in
            let (stream, source) = AsyncThrowingStream<ArraySlice<UInt8>, any Error>.makeStream()
            source.yield([1])
            source.finish(throwing: SourceError())
            let error = try await transportError {
                _ = try await transport.send(.post, body: HTTPBody(stream: stream), to: server)
            }
            #expect(error.kind == .requestBodyFailed)
            #expect(error.outcome == Outcome(.inconclusive))
            try await eventually("the stream is reset") { server.received.contains(.reset(1, .cancel)) }
            try await expectEqual(transport.send(to: server).statusCode, 200)
            #expect(server.connectionCount == 1)
        }
    }
}

private struct SourceError: Error {}
#endif

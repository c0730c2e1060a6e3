#if AsyncHTTPClient
import AsyncHTTPClient
import MeshCore
import MeshHTTP
import NIOCore
import NIOHTTP1
import TestSupport
import Testing

@testable import MeshAsyncHTTPClient

@Suite(.takesTurns) struct UploadTests {
    static func request(_ body: HTTPClientRequest.Body) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: "http://users/")
        request.method = .POST
        request.body = body
        return request
    }

    static func stream(_ chunks: [String], failing: (any Error)? = nil) -> AsyncThrowingStream<ByteBuffer, any Error> {
        AsyncThrowingStream { continuation in
            for chunk in chunks { continuation.yield(ByteBuffer(string: chunk)) }
            continuation.finish(throwing: failing)
        }
    }

    @Test("AsyncHTTPClient's bodies are recognised for what they are")
    func shapes() {
        func shape(_ body: HTTPClientRequest.Body) -> String {
            switch RequestBodyShape(of: body) {
            case .bytes(let buffer): "bytes \(buffer.readableBytes)"
            case .collection: "collection"
            case .stream(let length): "stream \(length.map { "\($0)" } ?? "unknown")"
            }
        }
        #expect(shape(.bytes(ByteBuffer(string: "abc"))) == "bytes 3")
        #expect(shape(.bytes([1, 2, 3])) == "collection")
        #expect(shape(.bytes(Array("abc".utf8), length: .known(Int64(3)))) == "collection")
        #expect(shape(.bytes(stride(from: UInt8(1), to: 4, by: 1), length: .known(Int64(3)))) == "stream 3")
        #expect(shape(.bytes(stride(from: UInt8(1), to: 4, by: 1), length: .unknown)) == "stream unknown")
        #expect(shape(.stream(Self.stream([]), length: .known(Int64(5)))) == "stream 5")
        #expect(shape(.stream(Self.stream([]), length: .unknown)) == "stream unknown")
    }

    @Test("bodies in memory are sent with their length, any number of times")
    func inMemory() async throws {
        let server = try await RawServer.start()
        try await withTransport { transport in
            for body: HTTPClientRequest.Body in [.bytes(ByteBuffer(string: "hello")), .bytes(Array("hello".utf8))] {
                let request = AsyncHTTPClientRequest(Self.request(body))
                for _ in 0..<2 {
                    _ = try await transport.send(request, to: server.endpoint(), context: .test()).message.body
                        .collect(upTo: 10)
                    #expect(request.canBeSentAgain)
                }
            }
            #expect(server.requests.map(\.body) == Array(repeating: "hello", count: 4))
            #expect(server.requests.allSatisfy { $0.values(of: "Content-Length") == ["5"] })
        }
        await server.stop()
    }

    @Test("streams are sent in the framing that was asked for")
    func framing() async throws {
        let server = try await RawServer.start()
        try await withTransport { transport in
            let known = Self.request(.stream(Self.stream(["he", "", "llo"]), length: .known(Int64(5))))
            let unknown = Self.request(.stream(Self.stream(["he", "", "llo"]), length: .unknown))
            try await transport.expectOK(known, from: server.endpoint())
            try await transport.expectOK(unknown, from: server.endpoint())
            #expect(server.requests.map(\.body) == ["hello", "hello"])
            #expect(server.requests.first?.values(of: "Content-Length") == ["5"])
            #expect(server.requests.last?.values(of: "Transfer-Encoding") == ["chunked"])
        }
        await server.stop()
    }

    @Test("a stream is sent once, unless it is recorded")
    func replay() async throws {
        let server = try await RawServer.start { connection, _ in connection == 1 ? [.close] : [.send(RawServer.ok)] }
        try await withTransport { transport in
            let classifier = HTTPClassifier<AsyncHTTPClientRequest, AsyncHTTPClientResponse>()
            for (limit, isReplayed) in [(nil, false), (4, false), (5, true)] as [(Int?, Bool)] {
                var request = AsyncHTTPClientRequest(
                    Self.request(.stream(Self.stream(["he", "llo"]), length: .known(Int64(5))))
                )
                request.setHeader("Idempotency-Key", to: "1")
                if let limit { request.prepareForReplay(limit: limit) }
                #expect(request.canBeSentAgain)
                transport.retire(server.endpoint())
                let endpoint = isReplayed ? server.endpoint() : server.endpoint(2)
                _ = try? await transport.send(request, to: endpoint, context: .test()).message.body.collect(upTo: 10)
                #expect(request.canBeSentAgain == isReplayed)
                let retry = classifier.outcome(of: StandInFailure(), for: request).retry
                #expect(retry == (isReplayed ? .ifIdempotent : .never))
                guard isReplayed else { continue }
                _ = try await transport.send(request, to: endpoint, context: .test()).message.body.collect(upTo: 10)
                #expect(server.requests.suffix(2).map(\.body) == ["hello", "hello"])
            }
        }
        await server.stop()
    }

    @Test("a retry goes on with a stream where the failed attempt stopped")
    func replayHalfway() async throws {
        let server = try await RawServer.start()
        let refusing = try await RawServer.start()
        let refused = refusing.endpoint()
        await refusing.stop()
        try await withTransport { transport in
            let (stream, feed) = AsyncThrowingStream<ByteBuffer, any Error>.makeStream()
            var request = AsyncHTTPClientRequest(Self.request(.stream(stream, length: .unknown)))
            request.prepareForReplay(limit: 100)
            // Never sent: nothing is read from the stream.
            _ = try await transportError { _ = try await transport.send(request, to: refused, context: .test()) }
            // Stopped while it waits for the second chunk.
            feed.yield(ByteBuffer(string: "he"))
            let signal = CancellationSignal()
            let calling = Task { [request] in
                try await transport.send(request, to: server.endpoint(), context: .test(signal))
            }
            try await eventually("no connection") { server.accepted == 1 }
            signal.cancel(.attemptTimedOut)
            await #expect(throws: CancellationSignal.Reason.attemptTimedOut) { try await calling.value }
            #expect(request.canBeSentAgain)
            feed.yield(ByteBuffer(string: "llo"))
            feed.finish()
            _ = try await transport.send(request, to: server.endpoint(), context: .test()).message.body.collect(
                upTo: 10
            )
            #expect(server.requests.map(\.body) == ["hello"])
        }
        await server.stop()
    }

    @Test("a stream that fails is the caller's own failure")
    func sourceFails() async throws {
        struct Broken: Error {}
        let server = try await RawServer.start()
        try await withTransport { transport in
            let request = Self.request(.stream(Self.stream(["he"], failing: Broken()), length: .known(Int64(5))))
            let error = try await transportError { _ = try await transport.send(request, to: server.endpoint()) }
            #expect(error.kind == .requestBodyFailed)
            #expect(error.outcome == .inconclusive)
            #expect(error.underlying is Broken)
            transport.retire(server.endpoint())
            try await eventually("the client stays open") { transport.openClientCount == 0 }
        }
        await server.stop()
    }

    @Test("a large upload arrives whole")
    func large() async throws {
        let server = try await RawServer.start()
        try await withTransport { transport in
            let chunk = String(repeating: "x", count: 100_000)
            let request = Self.request(
                .stream(Self.stream(Array(repeating: chunk, count: 20)), length: .known(Int64(2_000_000)))
            )
            try await transport.expectOK(request, from: server.endpoint())
            #expect(server.requests.first?.body.utf8.count == 2_000_000)
        }
        await server.stop()
    }

    @Test("stopping an upload stops its source")
    func stopped() async throws {
        let server = try await RawServer.start()
        try await withTransport { transport in
            let (events, report) = AsyncStream<String>.makeStream()
            let stream = AsyncThrowingStream<ByteBuffer, any Error> {
                report.yield("started")
                try? await Task.sleep(for: .seconds(60))
                report.yield(Task.isCancelled ? "cancelled" : "forgotten")
                return nil
            }
            let signal = CancellationSignal()
            let request = Self.request(.stream(stream, length: .unknown))
            let calling = Task { try await transport.send(request, to: server.endpoint(), signal: signal) }
            var iterator = events.makeAsyncIterator()
            #expect(await iterator.next() == "started")
            signal.cancel(.deadlineExceeded)
            await #expect(throws: CancellationSignal.Reason.deadlineExceeded) { try await calling.value }
            #expect(await iterator.next() == "cancelled")
        }
        await server.stop()
    }
}

private struct StandInFailure: ClassifiedError {
    var outcome: Outcome { .failure }
}
#endif

#if AsyncHTTPClient
import AsyncHTTPClient
import MeshCore
import NIOCore
import TestSupport
import Testing

@testable import MeshAsyncHTTPClient

/// Responses that are complete before their requests are.
@Suite(.takesTurns) struct EarlyResponseTests {
    @Test(
        "an early response ends the upload, and its connection is not used again",
        arguments: [
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
            "HTTP/1.1 204 No Content\r\n\r\n",
            "HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno",
            "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n",
        ]
    )
    func early(response text: String) async throws {
        let eventLoop = HTTPClient.defaultEventLoopGroup.any()
        let reads = (1...2).map { _ in eventLoop.makePromise(of: Void.self) }
        defer { for read in reads { read.succeed(()) } }
        let server = try await RawServer.start(answering: .head) { connection, _ in
            // Not before the upload has begun.
            connection <= 2
                ? [.wait(for: reads[connection - 1].futureResult), .send(text)] : [.send(RawServer.ok)]
        }
        try await withTransport { transport in
            for (connection, length) in [nil, 1_000_000].enumerated() as EnumeratedSequence<[Int64?]> {
                let read = reads[connection]
                let (events, report) = AsyncStream<String>.makeStream()
                let source = AsyncThrowingStream<ByteBuffer, any Error> {
                    read.succeed(())
                    try? await Task.sleep(for: .seconds(60))
                    report.yield(Task.isCancelled ? "cancelled" : "forgotten")
                    return nil
                }
                let ends = Ends()
                let endpoint = server.endpoint(length == nil ? 1 : 2)
                let request = UploadTests.request(.stream(source, length: length.map { .known($0) } ?? .unknown))
                var response = try await transport.send(request, to: endpoint)
                response.onEnd(ends.record)
                let body = try await response.message.body.collect(upTo: 10)
                #expect(["ok", "no", ""].contains(String(buffer: body)))
                #expect(ends.all == ["complete"])
                var iterator = events.makeAsyncIterator()
                #expect(await iterator.next() == "cancelled")
            }
            let used = server.accepted
            for host in [1, 2] as [UInt32] { try await transport.expectOK(from: server.endpoint(host)) }
            #expect(server.accepted == used + 2)
            for host in [1, 2] as [UInt32] { transport.retire(server.endpoint(host)) }
            try await eventually("a client stays open") { transport.openClientCount == 0 }
            try await eventually("a connection stays open") { server.open == 0 }
        }
        await server.stop()
    }

    @Test("a response that is dropped takes its upload with it at once")
    func dropped() async throws {
        let eventLoop = HTTPClient.defaultEventLoopGroup.any()
        let read = eventLoop.makePromise(of: Void.self)
        defer { read.succeed(()) }
        let server = try await RawServer.start(answering: .head) { _, _ in
            [.wait(for: read.futureResult), .send("HTTP/1.1 503 Busy\r\nContent-Length: 10\r\n\r\nsome")]
        }
        try await withTransport { transport in
            let (events, report) = AsyncStream<Bool>.makeStream()
            let source = AsyncThrowingStream<ByteBuffer, any Error> {
                read.succeed(())
                // Less than the second after which what is left of the exchange is stopped anyway.
                let start = ContinuousClock.now
                try? await Task.sleep(for: .seconds(60))
                report.yield(Task.isCancelled && start.duration(to: .now) < .milliseconds(900))
                return nil
            }
            let request = UploadTests.request(.stream(source, length: .unknown))
            let response = try await transport.send(request, to: server.endpoint())
            #expect(response.statusCode == 503)
            response.discard()
            var iterator = events.makeAsyncIterator()
            #expect(await iterator.next() == true)
        }
        await server.stop()
    }

    @Test("an early response is not cut short, however slowly it is read")
    func slowReader() async throws {
        let size = 4_000_000
        let server = try await RawServer.start(answering: .head) { _, _ in
            [.send("HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n"), .flood(size)]
        }
        try await withTransport(.test(responseBufferSize: 1000)) { transport in
            let source = AsyncThrowingStream<ByteBuffer, any Error> {
                try? await Task.sleep(for: .seconds(60))
                return nil
            }
            let response = try await transport.send(
                UploadTests.request(.stream(source, length: .unknown)),
                to: server.endpoint()
            )
            var count = 0
            for try await chunk in response.message.body {
                count += chunk.readableBytes
                await Task.yield()
            }
            #expect(count == size)
        }
        await server.stop()
    }

    @Test("a stream of known length is over with its last byte, whatever its source does then")
    func knownLength() async throws {
        let server = try await RawServer.start()
        try await withTransport { transport in
            for _ in 0..<50 {
                let (stream, feed) = AsyncThrowingStream<ByteBuffer, any Error>.makeStream()
                feed.yield(ByteBuffer(string: "hello"))
                let request = UploadTests.request(.stream(stream, length: .known(Int64(5))))
                try await transport.expectOK(request, from: server.endpoint())
            }
            // Now and then AsyncHTTPClient has a response before it has noted that the last byte went out, and closes.
            #expect(server.accepted < 10)
            #expect(server.requests.allSatisfy { $0.body == "hello" })
        }
        await server.stop()
    }

    @Test("a connection that closes as its request ends is handed back once")
    func closesBehindUpload() async throws {
        // With requests and their connections on different event loops, AsyncHTTPClient 1.37 ends the process here.
        let server = try await RawServer.start { _, _ in [.send(RawServer.ok), .close] }
        try await withTransport { transport in
            await withTaskGroup { group in
                for index in 0..<600 {
                    group.addTask {
                        let body: HTTPClientRequest.Body =
                            index % 2 == 0
                            ? .bytes(ByteBuffer(string: "hello"))
                            : .stream(UploadTests.stream(["he", "llo"]), length: .unknown)
                        _ = try? await transport.text(UploadTests.request(body), from: server.endpoint())
                    }
                }
            }
            transport.retire(server.endpoint())
            try await eventually("a client stays open") { transport.openClientCount == 0 }
            try await eventually("a connection stays open") { server.open == 0 }
        }
        await server.stop()
    }
}
#endif

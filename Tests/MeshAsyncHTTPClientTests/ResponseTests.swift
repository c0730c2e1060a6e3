#if AsyncHTTPClient
import AsyncHTTPClient
import Foundation
import MeshCore
import MeshHTTP
import NIOCore
import NIOHTTP1
import TestSupport
import Testing

@testable import MeshAsyncHTTPClient

@Suite(.takesTurns) struct ResponseTests {
    @Test("status, headers, body and URL arrive in AsyncHTTPClient's own type")
    func roundTrip() async throws {
        let server = try await RawServer.start { _, _ in
            [.send("HTTP/1.1 404 Not Found\r\nX-A: 1\r\nX-A: 2\r\nContent-Length: 5\r\n\r\nhello")]
        }
        try await withTransport { transport in
            let response = try await transport.send(HTTPClientRequest(url: "http://users/x"), to: server.endpoint())
            #expect(response.statusCode == 404)
            #expect(response.headerValue("x-a") == "1")
            let message = response.message
            #expect(message.status == .notFound)
            #expect(message.headers["x-a"] == ["1", "2"])
            #expect(message.url?.absoluteString == "http://users/x")
            #expect(String(buffer: try await message.body.collect(upTo: 5)) == "hello")
        }
        await server.stop()
    }

    @Test(
        "responses without a body are over with their head",
        arguments: [
            (HTTPMethod.HEAD, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"),
            (.GET, "HTTP/1.1 204 No Content\r\n\r\n"),
            (.GET, "HTTP/1.1 304 Not Modified\r\nContent-Length: 100\r\n\r\n"),
            (.GET, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
        ]
    )
    func noBody(method: HTTPMethod, text: String) async throws {
        let server = try await RawServer.start { _, _ in [.send(text)] }
        try await withTransport { transport in
            for _ in 0..<2 {
                let ends = Ends()
                var request = HTTPClientRequest(url: "http://users/")
                request.method = method
                var response = try await transport.send(request, to: server.endpoint())
                response.onEnd(ends.record)
                #expect(try await response.message.body.collect(upTo: 0).readableBytes == 0)
                #expect(ends.all == ["complete"])
            }
            #expect(server.accepted == 1)
        }
        await server.stop()
    }

    @Test("informational responses are skipped and redirects are not followed")
    func informationalAndRedirect() async throws {
        let server = try await RawServer.start { _, _ in
            [
                .send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"),
                .send("HTTP/1.1 302 Found\r\nLocation: http://elsewhere/\r\nContent-Length: 0\r\n\r\n"),
            ]
        }
        try await withTransport { transport in
            let response = try await transport.send(to: server.endpoint())
            #expect(response.statusCode == 302)
            response.discard()
        }
        #expect(server.requests.count == 1)
        await server.stop()
    }

    @Test("a small response that nobody reads saves its connection")
    func droppedSmall() async throws {
        let server = try await RawServer.start { _, _ in
            [.send("HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nwait")]
        }
        try await withTransport { transport in
            for _ in 0..<20 { _ = try await transport.send(to: server.endpoint()) }
            try await eventually("requests are missing") { server.requests.count == 20 }
        }
        // One response may still be on its way when the next request wants a connection.
        #expect(server.accepted < 10)
        await server.stop()
    }

    @Test("an endless response that nobody reads is cut off")
    func droppedEndless() async throws {
        let server = try await RawServer.start { _, _ in
            [.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n"), .flood(1_000_000_000)]
        }
        try await withTransport { transport in
            let ends = Ends()
            do {
                var response = try await transport.send(to: server.endpoint())
                response.onEnd(ends.record)
            }
            #expect(ends.all == ["dropped"])
            try await eventually("the connection stays open") { server.open == 0 }
            transport.retire(server.endpoint())
            try await eventually("the client stays open") { transport.openClientCount == 0 }
        }
        await server.stop()
    }

    @Test("a stalled response that nobody reads is given up after a while")
    func droppedStalled() async throws {
        let server = try await RawServer.start { _, _ in [.send(StoppingTests.half)] }
        try await withTransport { transport in
            _ = try await transport.send(to: server.endpoint())
            transport.retire(server.endpoint())
            try await eventually("the client stays open") { transport.openClientCount == 0 }
        }
        await server.stop()
    }

    @Test("reading can stop half-way")
    func droppedHalfway() async throws {
        let server = try await RawServer.start { _, _ in
            [.send("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n"), .flood(100_000_000)]
        }
        try await withTransport { transport in
            let ends = Ends()
            do {
                var response = try await transport.send(to: server.endpoint())
                response.onEnd(ends.record)
                for try await _ in response.message.body { break }
            }
            try await eventually("the connection stays open") { server.open == 0 && ends.all == ["dropped"] }
        }
        await server.stop()
    }

    @Test("a slow reader slows the server down, and gets every byte")
    func backPressure() async throws {
        let size = 64 * 1024 * 1024
        let server = try await RawServer.start { _, _ in
            [.send("HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n"), .flood(size)]
        }
        try await withTransport { transport in
            let ends = Ends()
            var response = try await transport.send(to: server.endpoint())
            response.onEnd(ends.record)
            var last = -1
            while server.flooded != last {
                last = server.flooded
                try await Task.sleep(for: .milliseconds(50))
            }
            // What is under way sits in the buffers of two sockets.
            #expect(last < size / 2)
            #expect(ends.all.isEmpty)
            var count = 0
            for try await chunk in response.message.body { count += chunk.readableBytes }
            #expect(count == size)
            #expect(ends.all == ["complete"])
        }
        await server.stop()
    }

    @Test("a response that breaks off while the reader is slow still gives what had arrived")
    func breaksUnderBackPressure() async throws {
        let server = try await RawServer.start { _, _ in
            [
                .send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + String(repeating: "x", count: 200_000)),
                .close,
            ]
        }
        try await withTransport(.test(responseBufferSize: 1000)) { transport in
            let ends = Ends()
            var response = try await transport.send(to: server.endpoint())
            response.onEnd(ends.record)
            try await Task.sleep(for: .milliseconds(30))
            let body = response.message.body
            var count = 0
            let error = try await transportError {
                for try await chunk in body { count += chunk.readableBytes }
            }
            #expect(error.kind == .responseBroken)
            #expect(count > 0)
            #expect(ends.all == ["failed"])
            transport.retire(server.endpoint())
            try await eventually("the client stays open") { transport.openClientCount == 0 }
        }
        await server.stop()
    }

    @Test("a body can be read once")
    func once() async throws {
        let server = try await RawServer.start()
        try await withTransport { transport in
            let response = try await transport.send(to: server.endpoint())
            _ = try await response.message.body.collect(upTo: 10)
            await #expect(throws: HTTPBodyError.alreadyRead) {
                _ = try await response.message.body.collect(upTo: 10)
            }
        }
        await server.stop()
    }
}
#endif

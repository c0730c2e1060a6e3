#if AsyncHTTPClient
import HTTPTypes
import Hummingbird
import MeshCore
import MeshHTTP
import NIOCore
import TestSupport
import Testing

@testable import MeshAsyncHTTPClient

@Suite(.takesTurns) struct CallTransportTests {
    /// Runs `body` against a Hummingbird server that sends every request body back.
    private func withEchoServer(_ body: @escaping @Sendable (Endpoint) async throws -> Void) async throws {
        let router = Router()
        router.post("echo") { request, _ in
            Response(
                status: .ok,
                headers: [.contentType: "text/plain"],
                body: ResponseBody(asyncSequence: request.body)
            )
        }
        router.get("host") { request, _ in request.head.authority ?? "" }
        try await withHummingbird(router) { port in
            try await body(Endpoint(.ip(.v4(0x7F00_0001), port: port)))
        }
    }

    @Test("a stream goes up and comes back, through a real server")
    func echo() async throws {
        try await withEchoServer { endpoint in
            let transport = AsyncHTTPClientCallTransport(.test())
            let chunk = [UInt8](repeating: 0x61, count: 50_000)
            for length in [nil, 500_000] as [Int64?] {
                let stream = AsyncThrowingStream<ArraySlice<UInt8>, any Error> { continuation in
                    for _ in 0..<10 { continuation.yield(chunk[...]) }
                    continuation.finish()
                }
                var request = HTTPCallRequest(
                    HTTPRequest(method: .post, scheme: "http", authority: "users", path: "/echo"),
                    body: HTTPBody(stream: stream, length: length)
                )
                request.prepareForReplay(limit: 1_000_000)
                for _ in 0..<2 {
                    let ends = Ends()
                    var response = try await transport.send(request, to: endpoint, context: .test())
                    response.onEnd(ends.record)
                    #expect(response.statusCode == 200)
                    #expect(response.headerValue("Content-Type") == "text/plain")
                    #expect(try await response.body.collect(upTo: 1_000_000).count == 500_000)
                    #expect(ends.all == ["complete"])
                }
            }
            await transport.shutdown()
        }
    }

    @Test("the host is the authority of the request, else its field, else the name of the service")
    func serviceName() async throws {
        try await withEchoServer { endpoint in
            let transport = AsyncHTTPClientCallTransport(.test())
            var request = HTTPCallRequest(HTTPRequest(method: .get, scheme: nil, authority: nil, path: "/host"))
            let response = try await transport.send(request, to: endpoint, context: .test())
            #expect(try await response.body.collect(upTo: 100) == Array("users".utf8))
            request.setHeader("Host", to: "api.example")
            let named = try await transport.send(request, to: endpoint, context: .test())
            #expect(try await named.body.collect(upTo: 100) == Array("api.example".utf8))
            request.head.authority = "other.example"
            let other = try await transport.send(request, to: endpoint, context: .test())
            #expect(try await other.body.collect(upTo: 100) == Array("other.example".utf8))
            transport.retire(endpoint)
            await transport.shutdown()
        }
    }

    @Test("trailers of a request are refused before anything is sent")
    func trailers() async throws {
        let server = try await RawServer.start { _, _ in [.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")] }
        let transport = AsyncHTTPClientCallTransport(.test())
        var body = HTTPBody(
            stream: AsyncThrowingStream<HTTPBody.Chunk, any Error> { $0.finish() },
            trailers: { [.via: "a"] }
        )
        body.prepareForReplay(limit: 100)
        let head = HTTPRequest(method: .post, scheme: "http", authority: "users", path: "/")
        do {
            _ = try await transport.send(HTTPCallRequest(head, body: body), to: server.endpoint(), context: .test())
            Issue.record("it was sent")
        } catch let error as AsyncHTTPClientTransportError {
            #expect(error.kind == .invalidRequest)
            #expect(error.underlying is UnsupportedRequestError)
            #expect(error.outcome == .inconclusive)
        }
        #expect(body.canBeRead)
        await transport.shutdown()
        await server.stop()
    }

    @Test("a HEAD response has a length but no body")
    func head() async throws {
        let server = try await RawServer.start { _, _ in [.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")] }
        let transport = AsyncHTTPClientCallTransport(.test())
        let request = HTTPCallRequest(HTTPRequest(method: .head, scheme: "http", authority: "users", path: "/"))
        let response = try await transport.send(request, to: server.endpoint(), context: .test())
        #expect(try await response.body.collect(upTo: 0).isEmpty)
        #expect(response.headerValue("Content-Length") == "100")
        await transport.shutdown()
        await server.stop()
    }
}
#endif

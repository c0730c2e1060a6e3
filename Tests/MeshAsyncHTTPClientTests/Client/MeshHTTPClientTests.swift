#if AsyncHTTPClient
import AsyncHTTPClient
import Foundation
import Logging
import MeshCore
import MeshHTTP
import MeshRetries
import NIOCore
import NIOHTTP1
import ServiceMesh
import Synchronization
import TestSupport
import Testing

@testable import MeshAsyncHTTPClient

@Suite(.takesTurns) struct MeshHTTPClientTests {
    @Test("the host of the URL names the service, in any case and with any port")
    func names() async throws {
        let server = try await RawServer.start()
        try await withMesh(UsersMesh(at: [server.address])) { users in
            for url in ["http://users", "http://USERS/a?b=c", "http://users:1/", "http://me:secret@users/"] {
                let text = try await users.text(url)
                #expect(text == "ok")
            }
            let text = try await users.client.execute(
                HTTPClientRequest(url: "http://users/"),
                deadline: .now() + .seconds(30)
            ).body.collect(upTo: 10)
            #expect(text == ByteBuffer(string: "ok"))
            #expect(
                server.requests.map { $0.values(of: "Host") } == [
                    ["users"], ["users"], ["users:1"], ["users"], ["users"],
                ]
            )
            #expect(server.requests[1].head.hasPrefix("GET /a?b=c HTTP/1.1\r\n"))
        }
        await server.stop()
    }

    @Test("a host that is no service is refused, and the error says which there are")
    func unknownHost() async throws {
        try await withMesh(UsersMesh(at: ["127.0.0.1:1"])) { users in
            for (url, host) in [("http://orders/", "orders"), ("http://[::1]:80/", "::1"), ("http://a_b!/", "a_b!")] {
                let error = try #require(
                    await #expect(throws: UnknownServiceError.self) { _ = try await users.get(url) }
                )
                #expect(error.service == host)
                #expect(error.known == ["users"])
            }
            for url in ["", "users", "http://", "/path"] {
                await #expect(throws: InvalidTargetError.self) { _ = try await users.get(url) }
            }
        }
    }

    @Test("a host that is no service can be left to another client")
    func otherHosts() async throws {
        let server = try await RawServer.start { _, _ in [.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nother")] }
        let member = try await RawServer.start()
        let other = HTTPClient(eventLoopGroupProvider: .singleton)
        try await withMesh(UsersMesh(at: [member.address], otherHosts: .forward(to: other))) { users in
            try await users.expect("other", from: "http://\(server.address)/")
            try await users.expect("ok")
            #expect(server.requests.count == 1)
        }
        try await other.shutdown()
        await server.stop()
        await member.stop()
    }

    @Test("method, headers and body arrive as they are, and so does the response")
    func unchanged() async throws {
        let server = try await RawServer.start { _, _ in
            [.send("HTTP/1.1 201 Created\r\nX-A: 1\r\nX-A: 2\r\nContent-Length: 5\r\n\r\nhello")]
        }
        try await withMesh(UsersMesh(at: [server.address])) { users in
            var request = HTTPClientRequest(url: "http://users/a")
            request.method = .PATCH
            request.headers.add(name: "X-B", value: "1")
            request.headers.add(name: "x-b", value: "2")
            request.body = .bytes(ByteBuffer(string: "body"))
            let response = try await users.client.execute(request, timeout: .seconds(30))
            #expect(response.status == .created)
            #expect(response.version == .http1_1)
            #expect(response.headers["x-a"] == ["1", "2"])
            #expect(response.url?.absoluteString == "http://users/a")
            #expect(response.history.count == 1)
            let body = try await response.body.collect(upTo: 5)
            #expect(body == ByteBuffer(string: "hello"))

            let seen = try #require(server.requests.first)
            #expect(seen.head.hasPrefix("PATCH /a HTTP/1.1\r\n"))
            #expect(seen.values(of: "X-B") == ["1", "2"])
            #expect(seen.values(of: "Host") == ["users"])
            #expect(seen.body == "body")
        }
        await server.stop()
    }

    @Test("a logger hears of the attempts, as AsyncHTTPClient's does")
    func logger() async throws {
        let server = try await RawServer.start()
        let lines = Mutex(0)
        var logger = Logger(label: "test") { _ in CountingLogHandler { lines.withLock { $0 += 1 } } }
        logger.logLevel = .trace
        let other = HTTPClient(eventLoopGroupProvider: .singleton)
        try await withMesh(UsersMesh(at: [server.address], otherHosts: .forward(to: other))) { users in
            for url in ["http://users/", "http://\(server.address)/"] {
                let before = lines.withLock { $0 }
                let request = HTTPClientRequest(url: url)
                _ = try await users.client.execute(request, timeout: .seconds(30), logger: logger).body.collect(
                    upTo: 10
                )
                let after = lines.withLock { $0 }
                #expect(after > before, "\(url)")
                _ = try await users.client.execute(request, deadline: .now() + .seconds(30), logger: logger)
                    .body.collect(upTo: 10)
                #expect(lines.withLock { $0 } > after, "\(url)")
            }
            _ = try await users.client.execute(
                HTTPClientRequest(url: "http://users/"),
                timeout: .seconds(30),
                logger: nil
            )
        }
        try await other.shutdown()
        await server.stop()
    }

    @Test("redirects and failures are responses like any other", arguments: [302, 404, 503])
    func statuses(code: Int) async throws {
        let server = try await RawServer.start { _, _ in
            [.send("HTTP/1.1 \(code) Whatever\r\nLocation: http://elsewhere/\r\nContent-Length: 2\r\n\r\nno")]
        }
        try await withMesh(UsersMesh(at: [server.address], retries: .none)) { users in
            let response = try await users.get()
            #expect(response.status.code == UInt(code))
            let body = try await response.body.collect(upTo: 2)
            #expect(body == ByteBuffer(string: "no"))
        }
        #expect(server.requests.count == 1)
        await server.stop()
    }

    @Test("the timeout bounds the head")
    func timeoutOfHead() async throws {
        let server = try await RawServer.start { _, _ in [] }
        try await withMesh(UsersMesh(at: [server.address])) { users in
            let error = try await meshError { _ = try await users.get(timeout: .seconds(2)) }
            #expect(error.code == .deadlineExceeded)
            #expect(error.service == "users")
            try await eventually("the connection stays open") { server.accepted == 1 && server.open == 0 }
        }
        await server.stop()
    }

    @Test("the timeout bounds the body, too")
    func timeoutOfBody() async throws {
        let server = try await RawServer.start { _, _ in [.send(StoppingTests.half)] }
        try await withMesh(UsersMesh(at: [server.address])) { users in
            let response = try await users.get(timeout: .seconds(2))
            await #expect(throws: CancellationSignal.Reason.deadlineExceeded) {
                _ = try await response.body.collect(upTo: 100)
            }
            try await eventually("the connection stays open") { server.open == 0 }
        }
        await server.stop()
    }

    @Test("the next hop is told how much time is left")
    func remainingTime() async throws {
        let server = try await RawServer.start()
        try await withMesh(UsersMesh(at: [server.address])) { users in
            _ = try await users.text(timeout: .seconds(10))
            #expect(server.requests.first?.values(of: RemainingTime.headerName).count == 1)
        }
        await server.stop()
    }

    @Test("a call that fails says who was asked, how often, and what AsyncHTTPClient said")
    func errors() async throws {
        let server = try await RawServer.start { _, _ in [.close] }
        try await withMesh(UsersMesh(at: [server.address], retries: RetryPolicy(maximumAttempts: 2))) { users in
            let error = try await meshError { _ = try await users.get() }
            #expect(error.code == .attemptsFailed)
            #expect(error.attempts.count == 2)
            #expect(error.attempts.map(\.address) == Array(repeating: server.endpoint().address, count: 2))
            let cause = try #require(error.lastCause as? AsyncHTTPClientTransportError)
            #expect(cause.kind == .connectionBroken)
        }
        await server.stop()
    }

    @Test("a mesh that has shut down takes no calls and has no connections")
    func shutdown() async throws {
        let server = try await RawServer.start()
        let users = try UsersMesh(at: [server.address])
        _ = try await users.text()
        #expect(server.open == 1)
        await users.mesh.shutdown()
        try await eventually("the connection stays open") { server.open == 0 }
        let error = try await meshError { _ = try await users.get() }
        #expect(error.code == .shutDown)
        let late = MeshHTTPClient(users.mesh)
        await #expect(throws: MeshShutDownError.self) {
            _ = try await late.execute(HTTPClientRequest(url: "http://users/"), timeout: .seconds(1))
        }
        await server.stop()
    }

    @Test("shutting down waits for bodies, those of failures too", arguments: ["200 OK", "503 Busy"])
    func shutdownWaits(status: String) async throws {
        let loop = HTTPClient.defaultEventLoopGroup.any()
        let rest = loop.makePromise(of: Void.self)
        let server = try await RawServer.start { _, _ in
            [
                .send("HTTP/1.1 \(status)\r\nContent-Length: 10\r\n\r\nfirst"), .wait(for: rest.futureResult),
                .send("-last"),
            ]
        }
        let users = try UsersMesh(at: [server.address], retries: .none)
        let response = try await users.get()
        let closing = Task { await users.mesh.shutdown() }
        // The mesh refuses new calls before it begins to wait.
        var refusal: MeshError.Code?
        while refusal != .shutDown {
            do { _ = try await users.get(timeout: .milliseconds(2)) } catch let error as MeshError {
                refusal = error.code
            }
        }
        #expect(server.open > 0)
        rest.succeed(())
        let body = try await response.body.collect(upTo: 10)
        #expect(body == ByteBuffer(string: "first-last"))
        await closing.value
        try await eventually("the connection stays open") { server.open == 0 }
        await server.stop()
    }

    @Test("shutting down does not wait for ever", arguments: ["200 OK", "503 Busy"])
    func shutdownGivesUp(status: String) async throws {
        let server = try await RawServer.start { _, _ in
            [.send("HTTP/1.1 \(status)\r\nContent-Length: 10\r\n\r\nfirst")]
        }
        let users = try UsersMesh(at: [server.address], retries: .none, drainTimeout: .milliseconds(50))
        let response = try await users.get()
        await users.mesh.shutdown()
        await #expect(throws: CancellationSignal.Reason.shutDown) { _ = try await response.body.collect(upTo: 10) }
        try await eventually("the connection stays open") { server.open == 0 }
        await server.stop()
    }
}

/// Counts what is logged.
private struct CountingLogHandler: LogHandler {
    let count: @Sendable () -> Void
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    init(_ count: @escaping @Sendable () -> Void) { self.count = count }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { count() }
}
#endif

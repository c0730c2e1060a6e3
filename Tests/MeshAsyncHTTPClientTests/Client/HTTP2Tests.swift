#if AsyncHTTPClient
import AsyncHTTPClient
import Hummingbird
import HummingbirdHTTP2
import MeshCore
import MeshRetries
import NIOCore
import NIOHTTP1
import NIOSSL
import ServiceMesh
import Synchronization
import TestSupport
import Testing

@testable import MeshAsyncHTTPClient

@Suite(.takesTurns) struct HTTP2Tests {
    private final class Names: Sendable {
        let seen = Mutex<[String?]>([])
    }

    /// Runs `body` with a mesh whose service `users` is a Hummingbird server with TLS that speaks HTTP/2.
    private func withServer(_ body: @escaping @Sendable (UsersMesh, Names) async throws -> Void) async throws {
        let certificate = try TestCertificate(for: "users")
        let names = Names()
        var tls = certificate.server
        tls.sslContextCallback = { values, promise in
            names.seen.withLock { $0.append(values.serverHostname) }
            promise.succeed(.noChanges)
        }
        let router = Router()
        router.get("authority") { request, _ in request.head.authority ?? "" }
        router.post("echo") { request, _ in Response(status: .ok, body: ResponseBody(asyncSequence: request.body)) }
        router.get("busy") { _, _ in Response(status: .serviceUnavailable) }
        try await withHummingbird(router, server: .http2Upgrade(tlsConfiguration: tls)) { port in
            let users = try UsersMesh(
                at: ["127.0.0.1:\(port)"],
                retries: .none,
                transport: .test(HTTPClient.Configuration(tlsConfiguration: certificate.client))
            )
            try await withMesh(users) { try await body($0, names) }
        }
    }

    @Test("calls go over HTTP/2, many at a time, and name the service")
    func calls() async throws {
        try await withServer { users, names in
            try await withThrowingTaskGroup { group in
                for _ in 0..<50 {
                    group.addTask {
                        let response = try await users.get("https://users/authority")
                        #expect(response.version == .http2)
                        #expect(response.status == .ok)
                        let body = try await response.body.collect(upTo: 100)
                        #expect(body == ByteBuffer(string: "users"))
                    }
                }
                try await group.waitForAll()
            }
            let seen = names.seen.withLock { $0 }
            #expect(seen.allSatisfy { $0 == "users" })
            // One connection for each event loop, not for each call.
            #expect((1...System.coreCount).contains(seen.count))
        }
    }

    @Test("a body goes up and comes back over HTTP/2")
    func echo() async throws {
        try await withServer { users, _ in
            let chunk = String(repeating: "x", count: 50_000)
            for length in [nil, 500_000] as [Int64?] {
                var request = HTTPClientRequest(url: "https://users/echo")
                request.method = .POST
                request.body = .stream(
                    UploadTests.stream(Array(repeating: chunk, count: 10)),
                    length: length.map { .known($0) } ?? .unknown
                )
                let response = try await users.client.execute(request, timeout: .seconds(30))
                #expect(response.version == .http2)
                let body = try await response.body.collect(upTo: 1_000_000)
                #expect(body.readableBytes == 500_000)
            }
        }
    }

    @Test("failures are responses over HTTP/2, too, and the connection goes on")
    func failures() async throws {
        try await withServer { users, names in
            for _ in 0..<3 {
                let response = try await users.get("https://users/busy")
                #expect(response.status == .serviceUnavailable)
                _ = try await response.body.collect(upTo: 1000)
            }
            #expect(names.seen.withLock(\.count) == 1)
        }
    }

    @Test("a certificate for another name is refused before anything is sent")
    func wrongName() async throws {
        let certificate = try TestCertificate(for: "orders")
        let server = try await RawServer.start(tls: try NIOSSLContext(configuration: certificate.server))
        let users = try UsersMesh(
            at: [server.address],
            retries: .none,
            transport: .test(HTTPClient.Configuration(tlsConfiguration: certificate.client))
        )
        try await withMesh(users) { users in
            let error = try await meshError { _ = try await users.get("https://users/") }
            let cause = try #require(error.lastCause as? AsyncHTTPClientTransportError)
            #expect(cause.kind == .connectionFailed)
        }
        #expect(server.requests.isEmpty)
        await server.stop()
    }
}
#endif

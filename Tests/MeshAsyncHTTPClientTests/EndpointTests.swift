#if AsyncHTTPClient
import AsyncHTTPClient
import Foundation
import MeshCore
import NIOCore
import TestSupport
import Testing

@testable import MeshAsyncHTTPClient

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

@Suite(.serialized, .takesTurns) struct EndpointTests {
    #if os(Linux)
    /// How many file descriptors this process has open.
    static func descriptorCount() -> Int {
        guard let directory = opendir("/proc/self/fd") else { return -1 }
        defer { closedir(directory) }
        var count = 0
        while readdir(directory) != nil { count += 1 }
        return count
    }

    @Test("a thousand endpoints come and go and leave no client, socket or descriptor")
    func comeAndGo() async throws {
        let server = try await RawServer.start()
        try await withTransport { transport in
            _ = try await transport.text(from: server.endpoint())
            transport.retire(server.endpoint())
            try await eventually("the first client stays open") { transport.openClientCount == 0 }
            try await eventually("the first connection stays open") { server.open == 0 }
            for batch in 0..<20 {
                try await withThrowingTaskGroup { group in
                    for index in 0..<50 {
                        group.addTask {
                            let endpoint = server.endpoint(UInt32(2 + batch * 50 + index))
                            try await transport.expectOK(from: endpoint)
                            transport.retire(endpoint)
                        }
                    }
                    try await group.waitForAll()
                }
            }
            try await eventually("clients stay open") { transport.openClientCount == 0 }
            try await eventually("connections stay open") { server.open == 0 }
            #expect(server.accepted == 1001)
            // Other suites open sockets at the same time; a thousand they are not.
            #expect(Self.descriptorCount() < 500)
        }
        await server.stop()
    }
    #endif

    @Test("a retired endpoint ends its calls, closes, and may come back")
    func retire() async throws {
        let server = try await RawServer.start { connection, _ in
            connection == 1 ? [.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nha")] : [.send(RawServer.ok)]
        }
        try await withTransport { transport in
            let slow = try await transport.send(to: server.endpoint())
            transport.retire(server.endpoint())
            #expect(transport.openClientCount == 1)
            try await transport.expectOK(from: server.endpoint())
            #expect(transport.openClientCount == 2)
            #expect(server.open == 2)
            slow.discard()
            try await eventually("the retired client stays open") { transport.openClientCount == 1 }
            try await transport.expectOK(from: server.endpoint())
            #expect(server.accepted == 2)
            transport.retire(Endpoint(.host("unknown", port: 1)))
        }
        await server.stop()
    }

    @Test("a transport that is let go closes its clients")
    func letGo() async throws {
        let server = try await RawServer.start()
        do {
            let transport = AsyncHTTPClientTransport(.test())
            try await transport.expectOK(from: server.endpoint())
            #expect(server.open == 1)
        }
        try await eventually("the connection stays open") { server.open == 0 }
        await server.stop()
    }

    @Test("an endpoint with a host name is resolved when it is connected to")
    func hostName() async throws {
        let server = try await RawServer.start()
        try await withTransport { transport in
            try await transport.expectOK(from: Endpoint(.host("localhost", port: server.port)))
            #expect(server.requests.first?.values(of: "Host") == ["users"])
        }
        await server.stop()
    }

    @Test("a Unix-domain socket")
    func unixSocket() async throws {
        // A blank and a percent sign, to be escaped in the URL.
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("mesh \(getpid())%.sock").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let server = try await RawServer.start(unix: path)
        try await withTransport { transport in
            let endpoint = Endpoint(.unix(path: path))
            try await transport.expectOK(HTTPClientRequest(url: "http://users/a?b=c"), from: endpoint)
            #expect(server.requests.first?.head.hasPrefix("GET /a?b=c HTTP/1.1\r\n") == true)
            #expect(server.requests.first?.values(of: "Host") == ["users"])
            let error = try await transportError {
                _ = try await transport.send(HTTPClientRequest(url: "https://users/"), to: endpoint)
            }
            #expect(error.kind == .invalidRequest)
            let missing = try await transportError {
                _ = try await transport.send(to: Endpoint(.unix(path: path + ".missing")))
            }
            #expect(missing.outcome == Outcome(.failure, retry: .neverSent))
        }
        await server.stop()
    }

    @Test("a connection that the user's initializer refuses does not leak")
    func refusedByInitializer() async throws {
        struct Refused: Error {}
        let server = try await RawServer.start()
        var base = HTTPClient.Configuration()
        base.http1_1ConnectionDebugInitializer = { $0.eventLoop.makeFailedFuture(Refused()) }
        try await withTransport(.test(base)) { transport in
            let error = try await transportError { _ = try await transport.send(to: server.endpoint()) }
            #expect(error.outcome == Outcome(.failure, retry: .neverSent))
            #expect(error.underlying is Refused)
            try await eventually("the connection stays open") { server.accepted == 1 && server.open == 0 }
            #expect(server.requests.isEmpty)
        }
        await server.stop()
    }
}
#endif

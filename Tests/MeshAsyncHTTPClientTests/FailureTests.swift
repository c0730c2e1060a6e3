#if AsyncHTTPClient
import AsyncHTTPClient
import MeshCore
import NIOCore
import NIOHTTP1
import TestSupport
import Testing

@testable import MeshAsyncHTTPClient

@Suite(.takesTurns) struct FailureTests {
    @Test("a refused connection fails in milliseconds, and the request was never sent")
    func refused() async throws {
        let server = try await RawServer.start()
        let endpoint = server.endpoint()
        await server.stop()
        try await withTransport { transport in
            var fastest = Duration.seconds(60)
            // The machine may be busy with other tests; the connect timeout is 30 seconds.
            for _ in 0..<50 where fastest >= .milliseconds(100) {
                let start = ContinuousClock.now
                let error = try await transportError { _ = try await transport.send(to: endpoint) }
                fastest = min(fastest, ContinuousClock.now - start)
                #expect(error.kind == .connectionFailed)
                #expect(error.outcome == Outcome(.failure, retry: .neverSent))
                #expect(error.address == endpoint.address)
            }
            #expect(fastest < .milliseconds(100))
        }
    }

    @Test("a handshake that hangs ends with the connect timeout")
    func handshakeHangs() async throws {
        let server = try await RawServer.start { _, _ in [] }
        try await withTransport(.init(connectTimeout: .milliseconds(100))) { transport in
            let error = try await transportError {
                _ = try await transport.send(HTTPClientRequest(url: "https://users/"), to: server.endpoint())
            }
            #expect(error.kind == .connectionFailed)
            #expect(error.outcome == Outcome(.failure, retry: .neverSent))
        }
        await server.stop()
    }

    @Test("a keep-alive connection that closes under the request is not charged to the endpoint")
    func keepAliveRace() async throws {
        let server = try await RawServer.start { _, request in request == 1 ? [.send(RawServer.ok)] : [.close] }
        try await withTransport { transport in
            try await transport.expectOK(from: server.endpoint())
            let error = try await transportError { _ = try await transport.send(to: server.endpoint()) }
            #expect(error.kind == .connectionBroken)
            #expect(error.outcome == Outcome(.inconclusive, retry: .ifIdempotent))
            #expect(server.accepted == 1)
        }
        await server.stop()
    }

    @Test(
        "a new connection that closes under its first request is the endpoint's fault",
        arguments: [Step.close, .reset]
    )
    func newConnectionBreaks(how: Step) async throws {
        let server = try await RawServer.start { _, _ in [how] }
        try await withTransport { transport in
            for _ in 0..<3 {
                let error = try await transportError { _ = try await transport.send(to: server.endpoint()) }
                #expect(error.kind == .connectionBroken)
                #expect(error.outcome == .failure)
            }
        }
        await server.stop()
    }

    @Test("no race with a server that closes behind each response is ever charged to it")
    func keepAliveRaces() async throws {
        let server = try await RawServer.start { _, _ in [.send(RawServer.ok), .close] }
        var races = 0
        try await withTransport { transport in
            for _ in 0..<500 {
                do {
                    let text = try await transport.text(from: server.endpoint())
                    #expect(text == "ok")
                } catch let error as AsyncHTTPClientTransportError {
                    races += 1
                    #expect(error.outcome.verdict == .inconclusive, "\(error)")
                    #expect(error.outcome.retry != .never, "\(error)")
                }
            }
        }
        await server.stop()
        #expect(races < 500)
    }

    @Test("a response that breaks off is a failure of the body")
    func bodyBreaks() async throws {
        let server = try await RawServer.start { _, _ in
            [.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"), .close]
        }
        try await withTransport { transport in
            let ends = Ends()
            var response = try await transport.send(to: server.endpoint())
            response.onEnd(ends.record)
            let body = response.message.body
            let error = try await transportError { _ = try await body.collect(upTo: 100) }
            #expect(error.kind == .responseBroken)
            #expect(error.outcome == .failure)
            #expect(ends.all == ["failed"])
        }
        await server.stop()
    }

    @Test("what is not HTTP is a failure")
    func notHTTP() async throws {
        let server = try await RawServer.start { _, _ in [.send("SSH-2.0-OpenSSH_9.9\r\n\r\n")] }
        try await withTransport { transport in
            let error = try await transportError { _ = try await transport.send(to: server.endpoint()) }
            #expect(error.kind == .invalidResponse)
            #expect(error.outcome == .failure)
        }
        await server.stop()
    }

    @Test("a request that cannot be sent is nobody's fault and is not tried again")
    func invalidRequests() async throws {
        let server = try await RawServer.start()
        var header = HTTPClientRequest(url: "http://users/")
        header.headers.add(name: "bad name", value: "x")
        var local = HTTPClientRequest(url: "http://users/")
        local.localAddress = "127.0.0.1"
        let requests = [header, local, HTTPClientRequest(url: "users"), HTTPClientRequest(url: "ftp://users/")]
        try await withTransport { transport in
            for request in requests {
                let error = try await transportError { _ = try await transport.send(request, to: server.endpoint()) }
                #expect(error.kind == .invalidRequest)
                #expect(error.outcome == .inconclusive)
            }
            #expect(server.requests.isEmpty)
        }
        await server.stop()
    }

    @Test("an identity that cannot be verified is refused, not ignored")
    func identities() async throws {
        let server = try await RawServer.start()
        let identities: [ExpectedIdentity] = [
            .spiffeID("spiffe://prod/users"), .trustDomain("prod"), .dnsName("users"),
        ]
        try await withTransport { transport in
            for identity in identities {
                let error = try await transportError {
                    _ = try await transport.send(to: server.endpoint(identity: identity))
                }
                #expect(error.kind == .invalidRequest)
            }
            #expect(server.accepted == 0)
        }
        await server.stop()
    }
}
#endif

#if Transport
import HTTPTypes
import MeshCore
import MeshTelemetry
import MeshTransport
import NIOCore
import NIOHTTP2
import Synchronization
import TestSupport
import Testing

/// Each connection that closes is reported once, with the reason that came first.
@Suite("Why connections close", .serialized, .oneAtATime, .timeLimit(.minutes(10))) struct CloseReasonTests {
    /// What was reported of connections that closed.
    private final class Closures: Sendable {
        private let closures = Mutex<[(reason: CloseReason, error: (any Error)?)]>([])

        var reasons: [CloseReason] { closures.withLock { $0.map(\.reason) } }
        var error: (any Error)? { closures.withLock { $0.first?.error } }

        func take(_ event: ConnectionEvent) {
            guard case .closed(_, let reason, let error) = event else { return }
            closures.withLock { $0.append((reason, error)) }
        }
    }

    /// Expects that the connection of HTTP/1.1 that `use` makes closes for one reason, before the transport is shut down.
    @discardableResult
    private func expect(
        _ reason: CloseReason,
        _ script: Step...,
        configuration change: (inout NativeTransport.Configuration) -> Void = { _ in },
        sourceLocation: SourceLocation = #_sourceLocation,
        _ use: (NativeTransport, ScriptedServer) async throws -> Void
    ) async throws -> (any Error)? {
        let closures = Closures()
        let server = try await ScriptedServer.start { _, _ in script }
        let configuration = NativeTransport.Configuration.single {
            change(&$0)
            $0.onEvent = closures.take
        }
        try await withTransport(configuration, sourceLocation: sourceLocation) { transport async throws in
            try await use(transport, server)
            if reason == .shutDown { return }
            try await eventually("nothing closes", sourceLocation: sourceLocation) { !closures.reasons.isEmpty }
        }
        #expect(closures.reasons == [reason], sourceLocation: sourceLocation)
        #expect(reason == .broken || closures.error == nil, sourceLocation: sourceLocation)
        await server.stop()
        return closures.error
    }

    @Test("it rested, or became old")
    func time() async throws {
        try await expect(.idle, .ok, configuration: { $0.idleTimeout = .milliseconds(50) }) { transport, server in
            try await transport.expectOK(from: server.endpoint())
        }
        try await expect(.aged, .ok, configuration: { $0.maximumAge = .milliseconds(500) }) { transport, server in
            try await transport.expectOK(from: server.endpoint())
        }
    }

    @Test(
        "one side had said so",
        arguments: [
            "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
            "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
            "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nok",
        ]
    )
    func announced(response: String) async throws {
        try await expect(.announced, .send(response), .close) { transport, server in
            try await transport.expectOK(from: server.endpoint())
        }
        try await expect(.announced, .ok) { transport, server in
            try await transport.expectOK(.get, "/", [.connection: "close"], from: server.endpoint())
        }
    }

    @Test("the endpoint closed it: after a response, within one, or without one")
    func remote() async throws {
        try await expect(.remote, .ok, .close) { transport, server in
            try await transport.expectOK(from: server.endpoint())
        }
        for partial in ["", "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nok"] {
            try await expect(.remote, .send(partial), .close) { transport, server in
                _ = try await transportError { _ = try await transport.text(from: server.endpoint()) }
            }
        }
    }

    @Test("a call was cancelled, or its response not read")
    func abandoned() async throws {
        try await expect(.abandoned, .wait(Gate())) { transport, server in
            let signal = CancellationSignal()
            let call = Task { _ = try await transport.call(to: server.endpoint(), signal: signal) }
            try await eventually("no request") { server.log.requests.count == 1 }
            signal.cancel(.deadlineExceeded)
            await #expect(throws: (any Error).self) { try await call.value }
        }
        try await expect(.abandoned, .send("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nok")) {
            transport,
            server in
            _ = try await transport.call(to: server.endpoint())
        }
    }

    @Test("its endpoint left, or the transport was shut down")
    func left() async throws {
        try await expect(.retired, .ok) { transport, server in
            try await transport.expectOK(from: server.endpoint())
            transport.retire(server.endpoint())
        }
        try await expect(.shutDown, .ok) { transport, server in
            try await transport.expectOK(from: server.endpoint())
        }
    }

    @Test("it broke, with the error")
    func broken() async throws {
        let unsolicited = try await expect(.broken, .send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok!")) {
            transport,
            server in
            try await transport.expectOK(from: server.endpoint())
        }
        #expect(unsolicited as? MalformedResponse == .unsolicited)
        let malformed = try await expect(.broken, .send("nonsense\r\n\r\n")) { transport, server in
            _ = try await transportError { _ = try await transport.text(from: server.endpoint()) }
        }
        #expect((malformed as? TransportError)?.kind == .invalidResponse)
        let reset = try await expect(.broken, .reset) { transport, server in
            _ = try await transportError { _ = try await transport.text(from: server.endpoint()) }
        }
        #expect(reset != nil)
    }

    @Test("HTTP/2: a GOAWAY with a complaint is an error, and one without is none", arguments: [true, false])
    func goAway(isGraceful: Bool) async throws {
        let closures = Closures()
        try await withHTTP2(
            configuration: { $0.onEvent = closures.take },
            step: { received, peer in
                guard let stream = received.end else { return }
                peer.ok(stream)
                peer.goAway(.maxID, isGraceful ? .noError : .enhanceYourCalm)
            }
        ) { transport, server in
            try await expectEqual(transport.send(to: server).text(), "ok")
            try await eventually("nothing closes") { !closures.reasons.isEmpty }
        }
        #expect(closures.reasons == [isGraceful ? .announced : .broken])
        #expect((closures.error == nil) == isGraceful)
    }

    @Test("HTTP/2: the endpoint closed it, it rested, its endpoint left")
    func http2() async throws {
        let reasons: [CloseReason] = [.remote, .idle, .retired, .shutDown]
        for reason in reasons {
            let closures = Closures()
            try await withHTTP2(
                configuration: {
                    $0.onEvent = closures.take
                    if reason == .idle { $0.idleTimeout = .milliseconds(50) }
                },
                step: { received, peer in
                    guard let stream = received.end else { return }
                    peer.ok(stream)
                    if reason == .remote { peer.later(.milliseconds(20)) { $0.close() } }
                }
            ) { transport, server in
                try await expectEqual(transport.send(to: server).text(), "ok")
                if reason == .retired { transport.retire(server.endpoint) }
                if reason == .shutDown { return }
                try await eventually("nothing closes") { !closures.reasons.isEmpty }
            }
            #expect(closures.reasons == [reason])
        }
    }
}
#endif

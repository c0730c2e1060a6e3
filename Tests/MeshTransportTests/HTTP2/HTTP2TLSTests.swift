#if Transport
import MeshCore
import MeshHTTP
import MeshTLS
import MeshTransport
import NIOSSL
import Synchronization
import Testing

/// HTTP/2 over TLS, chosen by both sides in the handshake.
@Suite(.serialized, .oneAtATime, .timeLimit(.minutes(10))) struct HTTP2TLSTests {
    private func withTLS(
        _ protocols: NativeTransport.Configuration.Protocols,
        offered: [String],
        _ body: (NativeTransport, FrameServer, Versions) async throws -> Void
    ) async throws {
        let certificate = try ServerCertificate()
        let credentials = try certificate.trusted()
        credentials.start()
        try await credentials.ready()
        var script = FrameServer.Script()
        script.tls = try certificate.server(offered)
        script.step = { received, peer in
            if let stream = received.end { peer.ok(stream) }
        }
        let versions = Versions()
        try await withHTTP2(
            script,
            configuration: {
                $0.tls = ClientTLS(credentials)
                $0.protocols = protocols
                $0.onEvent = { if case .opened(_, let version, _) = $0 { versions.append(version) } }
            }
        ) { transport, server in
            try await body(transport, server, versions)
        }
        await credentials.shutdown()
    }

    @Test(arguments: [NativeTransport.Configuration.Protocols.automatic, .http2])
    func isSpokenWithWhomeverSpeaksIt(protocols: NativeTransport.Configuration.Protocols) async throws {
        try await withTLS(protocols, offered: ["h2", "http/1.1"]) { transport, server, versions in
            for _ in 0..<3 { try await expectEqual(transport.send(to: server).text(), "ok") }
            #expect(versions.all.allSatisfy { $0 == .http2 })
            #expect(
                server.received.contains {
                    if case .headers(_, let fields, _) = $0 {
                        fields.contains(.init(name: ":scheme", value: "https"))
                    } else {
                        false
                    }
                }
            )
        }
    }

    @Test func isNotSpokenWithWhomeverDoesNot() async throws {
        try await withTLS(.http2, offered: ["http/1.1"]) { transport, server, _ in
            let error = try await transportError { _ = try await transport.send(to: server) }
            #expect(error.kind == .handshakeFailed)
            #expect(error.outcome == Outcome(.failure, retry: .neverSent))
        }
    }

    @Test func manyCallsShareOneHandshake() async throws {
        try await withTLS(.automatic, offered: ["h2"]) { transport, server, versions in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<64 { group.addTask { try await expectEqual(transport.send(to: server).text(), "ok") } }
                try await group.waitForAll()
            }
            #expect(versions.all.count == server.connectionCount)
            #expect(server.connectionCount <= 4)
        }
    }
}

/// The protocols of the connections that were opened, in order.
final class Versions: Sendable {
    private let values = Mutex<[HTTPVersion]>([])

    func append(_ version: HTTPVersion) { values.withLock { $0.append(version) } }

    var all: [HTTPVersion] { values.withLock { $0 } }
}
#endif

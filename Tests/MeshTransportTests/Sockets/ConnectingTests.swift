#if Transport
import MeshCore
import MeshHTTP
import NIOCore
import NIOPosix
import Synchronization
import TestSupport
import Testing

@testable import MeshTransport

@Suite("Connecting", .serialized, .oneAtATime, .timeLimit(.minutes(2))) struct ConnectingTests {
    @Test("a refused connection fails at once, as the endpoint's fault, and nothing was sent")
    func refused() async throws {
        let server = try await ScriptedServer.start()
        let endpoint = server.endpoint()
        await server.stop()
        try await withTransport { transport async throws in
            let began = ContinuousClock.now
            let error = try await transportError { _ = try await transport.call(to: endpoint) }
            #expect(ContinuousClock.now - began < .seconds(5), "the connect timeout is 30 s")
            #expect(error.kind == .connectionFailed)
            #expect(error.outcome == Outcome(.failure, retry: .neverSent))
            #expect(await transport.connectionCount == 0)
        }
    }

    @Test("every call that waited for a connection that was refused fails")
    func allRefused() async throws {
        let server = try await ScriptedServer.start()
        let endpoint = server.endpoint()
        await server.stop()
        try await withTransport(.single { $0.maximumConnectionsPerEndpoint = 2 }) { transport async throws in
            let kinds = await withTaskGroup(of: TransportError.Kind?.self) { group in
                for _ in 0..<50 {
                    group.addTask { try? await transportError { _ = try await transport.call(to: endpoint) }.kind }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(kinds.count == 50)
            #expect(kinds.allSatisfy { $0 == .connectionFailed })
            #expect(await transport.connectionCount == 0)
        }
    }

    /// An endpoint that neither accepts nor refuses: its queue is full, and packets to it are dropped.
    private func withDeafEndpoint(_ body: (Endpoint) async throws -> Void) async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let listener = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1)
            .serverChannelOption(.autoRead, value: false)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = UInt16(listener.localAddress?.port ?? 0)
        let fillers = (0..<8).map { _ in
            ClientBootstrap(group: group).connectTimeout(.seconds(2)).connect(host: "127.0.0.1", port: Int(port))
        }
        // The first ones get in, in whatever order.
        _ = try? await fillers[0].get()
        try await body(Endpoint(.ip(.v4(0x7F00_0001), port: port)))
        try await listener.close()
        for filler in fillers { filler.whenSuccess { $0.close(promise: nil) } }
    }

    @Test("an endpoint that does not accept is given up after the connect timeout")
    func timeout() async throws {
        try await withDeafEndpoint { endpoint in
            try await withTransport(.single { $0.connectTimeout = .milliseconds(200) }) { transport async throws in
                // Some may still get into the queue, and hear nothing.
                var error: TransportError?
                while error == nil {
                    let signal = CancellationSignal()
                    let calling = Task {
                        try await transportError { _ = try await transport.call(to: endpoint, signal: signal) }
                    }
                    let giveUp = Task {
                        try await Task.sleep(for: .seconds(2))
                        signal.cancel(.attemptTimedOut)
                    }
                    error = try? await calling.value
                    giveUp.cancel()
                }
                #expect(error?.kind == .connectionFailed)
                #expect(error?.outcome == Outcome(.failure, retry: .neverSent))
                try await eventually("something is left") { await transport.connectionCount == 0 }
            }
        }
    }

    @Test("a call that is stopped while its connection opens ends at once, and a shutdown does not wait for the rest")
    func stoppedWhileConnecting() async throws {
        try await withDeafEndpoint { endpoint in
            let began = ContinuousClock.now
            try await withTransport { transport async throws in
                let calls = (0..<5).map { _ in Task { try await transport.call(to: endpoint) } }
                try await eventually("nothing is being opened") { await transport.connectionCount == 5 }
                for call in calls { call.cancel() }
                for call in calls { await #expect(throws: CancellationError.self) { try await call.value } }
            }
            #expect(ContinuousClock.now - began < .seconds(20), "the connect timeout is 30 s")
        }
    }

    @Test("a shutdown stops calls that wait for a connection")
    func shutdownWhileConnecting() async throws {
        try await withDeafEndpoint { endpoint in
            let transport = NativeTransport(.single())
            let calls = (0..<5).map { _ in
                Task { try await transport.call(to: endpoint) }
            }
            try await eventually("nothing is being opened") { await transport.connectionCount == 5 }
            await transport.shutdown()
            #expect(await transport.connectionCount == 0)
            for call in calls { await #expect(throws: CancellationSignal.Reason.shutDown) { try await call.value } }
            await #expect(throws: CancellationSignal.Reason.shutDown) { try await transport.call(to: endpoint) }
        }
    }

    @Test("an endpoint may be a Unix-domain socket")
    func unixSocket() async throws {
        let path = "/tmp/mesh-transport-\(UInt32.random(in: .min ... .max)).sock"
        let server = try await ScriptedServer.start(unix: path)
        try await withTransport { transport async throws in
            for _ in 0..<3 { try await transport.expectOK(from: Endpoint(.unix(path: path))) }
            #expect(server.log.accepted == 1)
            let missing = Endpoint(.unix(path: path + ".none"))
            #expect(try await transportError { _ = try await transport.call(to: missing) }.kind == .connectionFailed)
            let long = Endpoint(.unix(path: "/" + String(repeating: "x", count: 300)))
            #expect(try await transportError { _ = try await transport.call(to: long) }.kind == .connectionFailed)
        }
        await server.stop()
    }

    @Test("an endpoint may be a host name, at whichever of its addresses it listens", arguments: ["127.0.0.1", "::1"])
    func hostName(_ host: String) async throws {
        // A machine need not have IPv6.
        guard let server = try? await ScriptedServer.start(host: host) else { return #expect(host == "::1") }
        try await withTransport { transport async throws in
            let endpoint = Endpoint(.host("localhost", port: server.port))
            let answer = try? await transport.call(to: endpoint)
            // "localhost" need not be an IPv6 address.
            guard host != "::1" || answer != nil else { return }
            for _ in 0..<3 { try await transport.expectOK(from: endpoint) }
            #expect(server.log.accepted == 1)
        }
        await server.stop()
    }

    @Test("a host that does not exist is a failed connection")
    func unknownHost() async throws {
        try await withTransport { transport async throws in
            let endpoint = Endpoint(.host("nobody.invalid", port: 80))
            let error = try await transportError { _ = try await transport.call(to: endpoint) }
            #expect(error.kind == .connectionFailed)
            #expect(await transport.connectionCount == 0)
        }
    }

    @Test("connections are kept up to the minimum, without a storm against an endpoint that closes them")
    func minimum() async throws {
        let server = try await ScriptedServer.start()
        try await withTransport(.single { $0.minimumConnectionsPerEndpoint = 3 }) { transport async throws in
            try await transport.expectOK(from: server.endpoint())
            try await eventually("three connections") { server.log.open == 3 }
            transport.retire(server.endpoint())
            try await eventually("they close when the endpoint leaves") { server.log.open == 0 }
        }
        await server.stop()

        // Closes every connection but the first at once.
        let closing = try await ScriptedServer.start(greeting: "no") { _, _ in [.close] }
        let opened = Atomic(0)
        let configuration = NativeTransport.Configuration.single {
            $0.minimumConnectionsPerEndpoint = 2
            $0.onEvent = { if case .opened = $0 { opened.wrappingAdd(1, ordering: .relaxed) } }
        }
        try await withTransport(configuration) { transport async throws in
            _ = try? await transport.call(to: closing.endpoint())
            try await Task.sleep(for: .milliseconds(300))
            #expect(opened.load(ordering: .relaxed) < 30)
        }
        await closing.stop()
    }
}
#endif

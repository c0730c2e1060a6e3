#if Transport && Lifecycle
import Hummingbird
import HummingbirdCore
import Logging
import MeshCore
import MeshHTTP
import MeshTLS
import MeshTransport
import NIOCore
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

/// HTTP/2 over mutual TLS with Hummingbird, which handles streams as channels of their own.
@Suite(.serialized, .oneAtATime, .timeLimit(.minutes(10))) struct HummingbirdHTTP2Tests {
    private static let users = "spiffe://prod.example/users"
    private static let orders = "spiffe://prod.example/orders"

    @Test func everyOfManyStreamsKnowsWhoAsks() async throws {
        try await withServer { router in
            router.get("whoami") { _, context in
                "\(try await PeerIdentity(of: context.channel)?.description ?? "nobody")"
            }
            router.post("echo") { request, _ in
                Response(status: .ok, body: ResponseBody(asyncSequence: request.body))
            }
        } client: { transport, endpoint, versions, _ in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<300 {
                    group.addTask {
                        if number.isMultiple(of: 3) {
                            let body = HTTPBody(stream: Chunks(count: 50, size: 1000))
                            let response = try await transport.send(.post, "/echo", body: body, to: endpoint)
                            try await expectEqual(response.text().utf8.count, 50_000)
                        } else {
                            let response = try await transport.send(.get, "/whoami", to: endpoint)
                            try await expectEqual(response.text(), Self.orders)
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(versions.all.allSatisfy { $0 == .http2 })
            #expect(!versions.all.isEmpty)
            #expect(await transport.connectionCount <= versions.all.count)
        }
    }

    /// Hummingbird 2.28 closes a connection when its last stream has ended, and may do so before what it wrote on that has left.
    @Test func aShutdownCostsNoCallButTheLastOfAConnection() async throws {
        let arrived = Atomic(0)
        try await withServer { router in
            router.get("slow") { _, _ in
                arrived.wrappingAdd(1, ordering: .relaxed)
                try await Task.sleep(for: .milliseconds(300))
                return "done"
            }
        } client: { transport, endpoint, versions, shutDown in
            let calls = (0..<50).map { _ in
                Task { try await transport.send(.get, "/slow", to: endpoint).text() }
            }
            try await eventually("the calls arrive") { arrived.load(ordering: .relaxed) == 50 }
            shutDown()
            var failures: [TransportError] = []
            for call in calls {
                do {
                    try await expectEqual(call.value, "done")
                } catch let error as TransportError {
                    failures.append(error)
                }
            }
            #expect(failures.count <= versions.all.count, "\(failures)")
            #expect(failures.allSatisfy { $0.kind == .connectionBroken && "\($0)".contains("GOAWAY") }, "\(failures)")
            try await eventually("the connections are closed") { await transport.connectionCount == 0 }
            // The server has gone.
            let error = try await transportError { _ = try await transport.send(.get, "/slow", to: endpoint) }
            #expect(error.kind == .connectionFailed)
        }
    }

    // MARK: -

    private func withServer(
        _ routes: (Router<Context>) -> Void,
        client: (NativeTransport, Endpoint, Versions, _ shutDown: @Sendable () -> Void) async throws -> Void
    ) async throws {
        let root = try TestAuthority()
        let server = try await credentials(root.issue(Self.users), root)
        let orders = try await credentials(root.issue(Self.orders), root)
        let router = Router(context: Context.self)
        routes(router)
        let (ports, port) = AsyncStream<UInt16>.makeStream()
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        let application = Application(
            router: router,
            server: .meshTLSHTTP2(try ServerTLS(server)),
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { port.yield(UInt16($0.localAddress?.port ?? 0)) },
            logger: logger
        )
        let services = ServiceGroup(configuration: ServiceGroupConfiguration(services: [application], logger: logger))
        let running = Task {
            defer { port.finish() }
            try await services.run()
        }
        let number = try #require(await ports.first { _ in true })
        let versions = Versions()
        let configuration = NativeTransport.Configuration.test {
            $0.tls = ClientTLS(orders)
            $0.onEvent = { if case .opened(_, let version, _) = $0 { versions.append(version) } }
        }
        let endpoint = Endpoint(.ip(.v4(0x7F00_0001), port: number), expectedIdentity: .spiffeID(Self.users))
        try await withTransport(configuration) { transport async throws in
            try await client(transport, endpoint, versions) { Task { await services.triggerGracefulShutdown() } }
        }
        await services.triggerGracefulShutdown()
        try await running.value
        await orders.shutdown()
        await server.shutdown()
    }

    private func credentials(_ issued: Issued, _ root: TestAuthority) async throws -> TLSCredentials {
        let credentials = TLSCredentials(identity: .fixed(try issued.identity), trust: [.fixed([try root.bundle()])])
        credentials.start()
        try await credentials.ready()
        return credentials
    }

    private struct Context: RequestContext {
        var coreContext: CoreRequestContextStorage
        let channel: any Channel

        init(source: ApplicationRequestContextSource) {
            coreContext = CoreRequestContextStorage(source: source)
            channel = source.channel
        }
    }
}
#endif

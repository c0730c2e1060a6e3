#if Transport
import Hummingbird
import MeshCore
import MeshTLS
import MeshTransport
import NIOCore
import Synchronization
import TestSupport
import Testing
import X509

@Suite("Rotation over the native transport", .serialized, .oneAtATime, .timeLimit(.minutes(10)))
struct RotationTests {
    private static let users = "spiffe://prod.example/users"
    private static let orders = "spiffe://prod.example/orders"
    private static let maximumAge = Duration.milliseconds(100)

    @Test("leaf and root rotate twenty times under load: no call fails, and old identities are gone in time")
    func underLoad() async throws {
        var root = try TestAuthority("root 0")
        let server = try await Side(root.issue(Self.users), trusting: root)
        let first = try root.issue(Self.orders)
        let client = try await Side(first, trusting: root)
        let log = Log()
        log.rotates(to: first)
        try await withServer(ServerTLS(server.credentials), log) { port in
            let transport = NativeTransport(
                .test {
                    $0.tls = ClientTLS(client.credentials)
                    $0.maximumAge = Self.maximumAge
                }
            )
            let endpoint = Endpoint(.ip(.v4(0x7F00_0001), port: port), expectedIdentity: .spiffeID(Self.users))
            let load = Task { await call(transport, endpoint, log) }
            for generation in 1...20 {
                let next = try TestAuthority("root \(generation)")
                let both = try TrustBundle(.trustDomain("prod.example"), roots: [root.certificate, next.certificate])
                for side in [server, client] { side.trust.set([both]) }
                try await log.goesOn()
                server.identity.set(try next.issue(Self.users).identity)
                let issued = try next.issue(Self.orders)
                client.identity.set(try issued.identity)
                log.rotates(to: issued)
                try await eventually("the server sees generation \(generation)") {
                    log.seen == generation
                }
                try await log.goesOn()
                for side in [server, client] { side.trust.set([try next.bundle()]) }
                root = next
            }
            log.stop()
            await load.value
            await transport.shutdown()
        }
        await client.credentials.shutdown()
        await server.credentials.shutdown()
        #expect(log.failures == [])
        // A machine with better things to do may let a call wait.
        for overtime in log.overtimes { #expect(overtime < Self.maximumAge + .seconds(2)) }
        #expect(log.overtimes.count == 20)
    }

    private func call(_ transport: NativeTransport, _ endpoint: Endpoint, _ log: Log) async {
        await withDiscardingTaskGroup { group in
            for _ in 0..<8 {
                group.addTask {
                    while !log.isOver {
                        do {
                            let text = try await transport.text(from: endpoint)
                            if text != "ok" { log.failed(text) }
                        } catch { log.failed("\(error)") }
                        try? await Task.sleep(for: .milliseconds(20))
                    }
                }
            }
        }
    }

    private func withServer(
        _ tls: ServerTLS,
        _ log: Log,
        _ body: (UInt16) async throws -> Void
    ) async throws {
        let router = Router(context: Context.self)
        router.get("/") { _, context -> String in
            log.answered(try await PeerIdentity(of: context.channel)?.certificateChain.first)
            return "ok"
        }
        try await withHummingbird(router, server: .meshTLS(tls)) { port in
            defer { log.stop() }
            try await body(port)
        }
    }

    /// One process of the two: its identity and roots are changed at will.
    private struct Side {
        let identity: Feed<TLSIdentity>
        let trust: Feed<[TrustBundle]>
        let credentials: TLSCredentials

        init(_ issued: Issued, trusting root: TestAuthority) async throws {
            identity = Feed(try issued.identity)
            trust = Feed([try root.bundle()])
            credentials = TLSCredentials(identity: identity, trust: [trust])
            credentials.start()
            try await credentials.ready()
        }
    }

    private struct Context: RequestContext {
        var coreContext: CoreRequestContextStorage
        let channel: any Channel

        init(source: ApplicationRequestContextSource) {
            coreContext = CoreRequestContextStorage(source: source)
            channel = source.channel
        }
    }

    /// What the server saw, and what failed.
    private final class Log: Sendable {
        private struct State {
            var generations: [Certificate.SerialNumber: Int] = [:]
            var replaced: [ContinuousClock.Instant] = []
            var last: [Int: ContinuousClock.Instant] = [:]
            var seen = -1
            var answers = 0
            var failures: [String] = []
            var isOver = false
        }

        private let state = Mutex(State())

        var seen: Int { state.withLock(\.seen) }
        var failures: [String] { state.withLock(\.failures) }
        var isOver: Bool { state.withLock(\.isOver) }

        /// For every generation but the last: how long after it was replaced a call still came with it.
        var overtimes: [Duration] {
            state.withLock { state in
                state.replaced.dropFirst().enumerated().compactMap { generation, time in
                    state.last[generation].map { $0 - time }
                }
            }
        }

        func rotates(to issued: Issued) {
            state.withLock { state in
                state.generations[issued.chain[0].serialNumber] = state.replaced.count
                state.replaced.append(.now)
            }
        }

        func answered(_ certificate: Certificate?) {
            state.withLock { state in
                state.answers += 1
                guard let generation = certificate.flatMap({ state.generations[$0.serialNumber] }) else { return }
                state.last[generation] = .now
                state.seen = max(state.seen, generation)
            }
        }

        func failed(_ why: String) { state.withLock { $0.failures.append(why) } }

        func stop() { state.withLock { $0.isOver = true } }

        /// Waits for some more calls, so that handshakes under way are over.
        func goesOn() async throws {
            let next = state.withLock(\.answers) + 40
            try await eventually("calls go on") { self.state.withLock { $0.answers >= next } }
        }
    }
}
#endif

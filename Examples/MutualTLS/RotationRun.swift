#if Transport
import Foundation
import Hummingbird
import MeshCore
import MeshTLS
import MeshTransport
import NIOCore
import Synchronization
import X509

/// Rotates leaf and root over and over while calls are under way, and judges what the server saw.
struct RotationRun {
    private static let orders = "spiffe://shop.example/orders"
    private static let users = "spiffe://shop.example/users"
    /// What a busy machine may add to the age limit, the time to notice a file included.
    private static let grace = Duration.seconds(2)
    /// Shorter than an identity lives, so that each comes into use.
    private static let maximumAge = Duration.milliseconds(500)
    /// Files are looked at often enough for the shortest rotation, one a second with two changes each.
    private static let refresh = RefreshPolicy(interval: .milliseconds(100), settling: .milliseconds(50))

    let rotations: Int
    let rate: Int
    let seconds: Int
    /// Better few: every connection is opened anew each half second, and client and server share this machine.
    let maximumConnections: Int

    /// - Returns: Whether no call failed, and every identity came into use and went again in time.
    func run() async throws -> Bool {
        let folder = FileManager.default.temporaryDirectory.appending(path: "mutual-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: folder,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        defer { try? FileManager.default.removeItem(at: folder) }
        let (orders, users) = (WorkloadFiles("orders", in: folder), WorkloadFiles("users", in: folder))
        let root = try DevelopmentAuthority("root 0")
        for files in [orders, users] { try files.trust([root]) }
        try root.issue(Self.users, to: users)
        let log = RotationLog()
        log.rotates(to: try root.issue(Self.orders, to: orders))

        let credentials = TLSCredentials(
            identity: .files(certificateChain: users.certificate, privateKey: users.key, refresh: Self.refresh),
            trust: [.file(users.bundle, for: .trustDomain("shop.example"), refresh: Self.refresh)]
        )
        credentials.start()
        try await credentials.ready()
        let service = UsersService(
            tls: try ServerTLS(credentials),
            policy: AuthorizationPolicy(rules: [.allow("orders", from: [.id(try SPIFFEID(Self.orders))])]),
            onCaller: { log.answered($0.certificateChain.first) }
        )
        let (ports, port) = AsyncStream.makeStream(of: Int.self)
        let server = service.application(port: 0) { channel in
            port.yield(channel.localAddress?.port ?? 0)
            port.finish()
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.runService(gracefulShutdownSignals: []) }
            var address = ""
            for await port in ports { address = "127.0.0.1:\(port)" }
            print("\(rotations) rotations of leaf and root in \(seconds) s, \(rate) calls a second over mutual TLS")
            let client = try await OrdersService(
                files: orders,
                users: address,
                refresh: Self.refresh,
                maximumAge: Self.maximumAge,
                maximumConnections: maximumConnections
            ) { event in
                if case .opened = event { log.opened() }
            }
            let start = ContinuousClock.now
            let load = Task { await call(client, from: start, log) }
            try await rotate(root, [(Self.users, users), (Self.orders, orders)], from: start, log)
            await load.value
            await client.shutdown()
            // A connection that Hummingbird accepts while it is cancelled ends the process ("Deinited NIOAsyncWriter without
            // calling finish()"): those that the client gave up in the handshake may be on their way.
            try await Task.sleep(for: .milliseconds(500))
            group.cancelAll()
            try? await group.waitForAll()
        }
        await credentials.shutdown()
        return report(log)
    }

    /// Each time: both roots are trusted, half a period later certificates come from the new one, and half a period after that
    /// the old one is trusted no longer.
    private func rotate(
        _ first: DevelopmentAuthority,
        _ workloads: [(id: String, files: WorkloadFiles)],
        from start: ContinuousClock.Instant,
        _ log: RotationLog
    ) async throws {
        var root = first
        let half = Duration.seconds(seconds) / (2 * rotations + 1)
        for rotation in 0..<rotations {
            let next = try DevelopmentAuthority("root \(rotation + 1)")
            for (_, files) in workloads { try files.trust([root, next]) }
            try await ContinuousClock().sleep(until: start + half * (2 * rotation + 1))
            for (id, files) in workloads {
                let leaf = try next.issue(id, to: files)
                if id == Self.orders { log.rotates(to: leaf) }
            }
            try await ContinuousClock().sleep(until: start + half * (2 * rotation + 2))
            root = next
        }
        for (_, files) in workloads { try files.trust([root]) }
    }

    private func call(_ client: OrdersService, from start: ContinuousClock.Instant, _ log: RotationLog) async {
        await withDiscardingTaskGroup { group in
            let interval = Duration.seconds(1) / rate
            for number in 0..<(rate * seconds) {
                try? await ContinuousClock().sleep(until: start + interval * number)
                group.addTask {
                    do {
                        _ = try await client.user(number)
                        log.succeeded()
                    } catch { log.failed(error) }
                }
            }
        }
        log.ended(after: .now - start)
    }

    private func report(_ log: RotationLog) -> Bool {
        let result = log.result
        let limit = Self.maximumAge + Self.grace
        let overtime = result.overtimes.max() ?? .zero
        print(
            """

            calls             \(result.succeeded + result.failures.count) in \(result.took)
            failed            \(result.failures.count)
            connections       \(result.opened) opened, each with a handshake that verified both sides
            identities        \(result.last.count) of \(rotations + 1) came into use
            an old identity   was last seen \(overtime) after it was replaced, at most (limit \(limit))
            """
        )
        for failure in result.failures.prefix(5) { print("  \(failure)") }
        return result.failures.isEmpty && result.last.count == rotations + 1 && overtime <= limit
    }
}

/// What happened so far.
private final class RotationLog: Sendable {
    struct Result {
        var succeeded = 0
        var failures: [String] = []
        var opened = 0
        var took = Duration.zero
        var generations: [Certificate.SerialNumber: Int] = [:]
        var replaced: [ContinuousClock.Instant] = []
        /// When the last call came with each identity.
        var last: [Int: ContinuousClock.Instant] = [:]

        /// How long after it was replaced each identity was still in use.
        var overtimes: [Duration] {
            replaced.dropFirst().enumerated().compactMap { generation, time in last[generation].map { $0 - time } }
        }
    }

    private let state = Mutex(Result())

    var result: Result { state.withLock { $0 } }

    func rotates(to leaf: Certificate) {
        state.withLock { result in
            result.generations[leaf.serialNumber] = result.replaced.count
            result.replaced.append(.now)
        }
    }

    func answered(_ leaf: Certificate?) {
        state.withLock { result in
            guard let generation = leaf.flatMap({ result.generations[$0.serialNumber] }) else { return }
            result.last[generation] = .now
        }
    }

    func succeeded() { state.withLock { $0.succeeded += 1 } }

    func failed(_ error: any Error) { state.withLock { $0.failures.append("\(error)") } }

    func opened() { state.withLock { $0.opened += 1 } }

    func ended(after duration: Duration) { state.withLock { $0.took = duration } }
}
#endif

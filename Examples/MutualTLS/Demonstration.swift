#if Transport
import Foundation
import Hummingbird
import MeshCore
import MeshTLS
import MeshTransport
import NIOCore
import ServiceMesh
import Synchronization

/// Runs the two services, rotates what they prove themselves with, and counts.
struct Demonstration {
    private static let orders = "spiffe://shop.example/orders"
    private static let users = "spiffe://shop.example/users"

    private let rate: Int
    private let folder: URL
    private let tally = Tally()

    init(rate: Int) throws {
        self.rate = rate
        folder = FileManager.default.temporaryDirectory.appending(path: "mutual-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: folder,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
    }

    /// - Returns: Whether everything went as it should.
    func run() async throws -> Bool {
        defer { try? FileManager.default.removeItem(at: folder) }
        let first = try DevelopmentAuthority("first root")
        let second = try DevelopmentAuthority("second root")
        let workloads = Self.workloads.map { (id: $0.id, files: WorkloadFiles($0.name, in: folder)) }
        func issue(from authority: DevelopmentAuthority) throws {
            for workload in workloads { try authority.issue(workload.id, to: workload.files) }
        }
        func trust(_ authorities: DevelopmentAuthority...) throws {
            for workload in workloads { try workload.files.trust(authorities) }
        }
        try trust(first)
        try issue(from: first)

        let serverCredentials = TLSCredentials(
            identity: .files(
                certificateChain: workloads[1].files.certificate,
                privateKey: workloads[1].files.key,
                refresh: .ofTheDemonstration
            ),
            trust: [.file(workloads[1].files.bundle, for: .trustDomain("shop.example"), refresh: .ofTheDemonstration)]
        )
        serverCredentials.start()
        try await serverCredentials.ready()
        let service = UsersService(
            tls: try ServerTLS(serverCredentials),
            policy: AuthorizationPolicy(rules: [
                .allow("orders reads", from: [.id(try SPIFFEID(Self.orders))], methods: ["GET"])
            ])
        )

        let (ports, port) = AsyncStream.makeStream(of: Int.self)
        let server = service.application(port: 0) { channel in
            port.yield(channel.localAddress?.port ?? 0)
            port.finish()
        }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.runService(gracefulShutdownSignals: []) }
            var address = ""
            for await port in ports { address = "127.0.0.1:\(port)" }

            print("users listens on \(address) as \(Self.users)")
            print("orders calls it \(rate) times a second as \(Self.orders), for 20 s\n")
            let client = try await OrdersService(files: workloads[0].files, users: address) { tally.count($0) }
            let load = Task { await call(client) }

            try await step("5 s", "new leaf certificates, from the same root") { try issue(from: first) }
            try await step("8 s", "a second root is trusted beside the first") { try trust(first, second) }
            try await step("11 s", "new leaf certificates, from the second root") { try issue(from: second) }
            try await step("15 s", "the first root is trusted no longer") { try trust(second) }
            try await step("17 s", "a stranger from another authority calls") {
                try await refuse(address, as: Self.orders, from: try DevelopmentAuthority("stranger"), trusting: second)
            }
            try await step("18 s", "a workload of the same trust domain calls that no rule speaks of") {
                try await refuse(address, as: "spiffe://shop.example/intern", from: second, trusting: second)
            }
            await load.value
            await client.shutdown()
            group.cancelAll()
            try? await group.waitForAll()
            await serverCredentials.shutdown()
            return report()
        }
    }

    private static let workloads = [(name: "orders", id: orders), (name: "users", id: users)]

    private func step(_ time: String, _ what: String, _ work: () async throws -> Void) async throws {
        let seconds = Double(time.split(separator: " ")[0]) ?? 0
        try await ContinuousClock().sleep(until: tally.started + .seconds(seconds))
        print("\(time): \(what)")
        try await work()
    }

    private func call(_ client: OrdersService) async {
        await withDiscardingTaskGroup { group in
            let interval = Duration.seconds(1) / rate
            for number in 0..<(rate * 20) {
                try? await ContinuousClock().sleep(until: tally.started + interval * number)
                group.addTask {
                    do { tally.succeeded(try await client.user(number)) } catch { tally.failed(error) }
                }
            }
        }
    }

    /// Calls with a certificate that should not get through.
    private func refuse(
        _ address: String,
        as id: String,
        from authority: DevelopmentAuthority,
        trusting root: DevelopmentAuthority
    ) async throws {
        let files = WorkloadFiles("other", in: folder)
        try authority.issue(id, to: files)
        try files.trust([root])
        let client = try await OrdersService(files: files, users: address) { _ in }
        do {
            print("      let in: \(try await client.user(1))")
        } catch {
            tally.refused()
            print("      refused: \(error)")
        }
        await client.shutdown()
    }

    private func report() -> Bool {
        let result = tally.result
        print(
            """

            calls             \(result.succeeded + result.failures.count)
            failed            \(result.failures.count)
            connections       \(result.opened) opened, each with a handshake that verified both sides
            answered as       \(result.callers.sorted().joined(separator: ", "))
            refused           \(result.refusals) of 2
            """
        )
        for failure in result.failures.prefix(5) { print("  \(failure)") }
        return result.failures.isEmpty && result.refusals == 2
    }
}

extension RefreshPolicy {
    /// A second root must be known everywhere before certificates come from it. Here that has three seconds, so the files
    /// are looked at more often than every five, the default.
    static let ofTheDemonstration = RefreshPolicy(interval: .milliseconds(500), settling: .milliseconds(200))
}

/// What has happened so far.
private final class Tally: Sendable {
    struct Result {
        var succeeded = 0
        var failures: [String] = []
        var callers: Set<String> = []
        var opened = 0
        var refusals = 0
    }

    let started = ContinuousClock.now
    private let state = Mutex(Result())

    var result: Result { state.withLock { $0 } }

    func succeeded(_ answer: String) {
        let caller = answer.split(separator: " ").last.map { $0.trimmingCharacters(in: .newlines) }
        state.withLock { result in
            result.succeeded += 1
            if let caller { result.callers.insert(caller) }
        }
    }

    func failed(_ error: any Error) { state.withLock { $0.failures.append("\(error)") } }

    func refused() { state.withLock { $0.refusals += 1 } }

    func count(_ event: ConnectionEvent) {
        if case .opened = event { state.withLock { $0.opened += 1 } }
    }
}
#endif

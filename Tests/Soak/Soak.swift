#if Transport
import ArgumentParser
import MeshCore
import MeshHTTP
import MeshTLS
import MeshTransport
import NIOCore

/// Mixed load through the native transport against servers that restart every five seconds; at the end nothing may be left.
///
///     swift run -c release soak --minutes 10
///
/// Over HTTP/1.1, over HTTP/2 and over mutual TLS, whose certificates and roots are replaced once a minute, for a third of the time
/// each; or over one of them (`--protocol mtls`). Fails if calls hang, or if file descriptors, connections or memory do not come
/// back.
@main struct Soak: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Mixed load through the native transport against servers that restart; at the end nothing may be left."
    )

    enum Kind: String, CaseIterable, ExpressibleByArgument, Sendable {
        case http1, http2, mtls
    }

    @Option(help: "How long, in minutes.")
    var minutes = 1.0
    @Option(
        name: .customLong("protocol"),
        help: "http1, http2 or mtls; each for a third of the time unless it is said."
    )
    var kind: Kind?

    func validate() throws {
        guard minutes > 0, minutes <= 1440 else { throw ValidationError("--minutes must be above 0, 1440 at most.") }
    }

    func run() async throws {
        let kinds = kind.map { [$0] } ?? Kind.allCases
        var faults: [String] = []
        for kind in kinds { faults += try await Self.soak(kind, for: .seconds(minutes * 60 / Double(kinds.count))) }
        print(faults.isEmpty ? "nothing is left" : "FAILED: " + faults.joined(separator: ", "))
        if !faults.isEmpty { throw ExitCode.failure }
    }

    /// - Returns: What is wrong at the end.
    private static func soak(_ kind: Kind, for duration: Duration) async throws -> [String] {
        let sides = kind == .mtls ? try await RotatingSides() : nil
        let tls = try sides.map { try ServerTLS($0.server) }
        var servers: [RestartingServer] = []
        for _ in 0..<3 { servers.append(try await .start(isHTTP2: kind == .http2, tls: tls)) }
        let before = Usage.now
        var configuration = NativeTransport.Configuration(protocols: kind == .http2 ? .http2 : .http1)
        configuration.tls = sides.map { ClientTLS($0.client) }
        // So that connections see several certificates.
        configuration.maximumAge = .seconds(20)
        let transport = NativeTransport(configuration)
        let endpoints = servers.map { Endpoint($0.endpoint.address, expectedIdentity: sides?.expected) }
        let load = Load(on: transport, to: endpoints)
        let end = ContinuousClock.now + duration
        let rotation = Task { await sides?.rotate(every: min(.seconds(60), duration / 4)) }

        // What is allocated once is there after a while.
        try await run(load, servers, until: min(end, .now + max(.seconds(10), duration / 10)))
        let warm = Usage.now
        print("\(kind.rawValue), warm:  \(warm)")
        try await run(load, servers, until: end)

        rotation.cancel()
        let rotations = await rotation.value ?? 0
        for endpoint in endpoints { transport.retire(endpoint) }
        let patience = ContinuousClock.now + .seconds(10)
        while await transport.connectionCount > 0, ContinuousClock.now < patience {
            try await Task.sleep(for: .milliseconds(10))
        }
        let connections = await transport.connectionCount
        await transport.shutdown()
        for server in servers { try await server.stop() }
        await sides?.shutdown()
        try await Task.sleep(for: .milliseconds(500))
        let after = Usage.now

        print("\(kind.rawValue), start: \(before)")
        print("\(kind.rawValue), end:   \(after), \(connections) connections of the transport, \(rotations) rotations")
        print(load.report)
        return [
            connections > 0 ? "connections are left" : nil,
            after.files > before.files + 8 ? "file descriptors are left" : nil,
            after.megabytes > warm.megabytes * 1.25 + 16 ? "memory grows" : nil,
            load.longest > .seconds(20) ? "a call took \(load.longest)" : nil,
            load.successes == 0 ? "no call succeeded" : nil,
            sides != nil && rotations == 0 ? "nothing rotated" : nil,
        ].compactMap { $0.map { "\(kind.rawValue): \($0)" } }
    }

    private static func run(
        _ load: Load,
        _ servers: [RestartingServer],
        until end: ContinuousClock.Instant
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<32 { group.addTask { await load.run(number, until: end) } }
            group.addTask {
                var next = 0
                while ContinuousClock.now + .seconds(5) < end {
                    try await Task.sleep(for: .seconds(5) / servers.count)
                    try await servers[next % servers.count].restart()
                    next += 1
                }
            }
            try await group.waitForAll()
        }
    }
}
#endif

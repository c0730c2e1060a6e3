#if Transport
import ArgumentParser
import MeshCore
import MeshHTTP
import MeshTransport
import NIOCore

/// Mixed load through the native transport against servers that restart every five seconds; at the end nothing may be left.
///
///     swift run -c release soak --minutes 10
///
/// Fails if calls hang, or if file descriptors, connections or memory do not come back.
@main struct Soak: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Mixed load through the native transport against servers that restart; at the end nothing may be left."
    )

    @Option(help: "How long, in minutes.")
    var minutes = 1.0

    func validate() throws {
        guard minutes > 0, minutes <= 1440 else { throw ValidationError("--minutes must be above 0, 1440 at most.") }
    }

    func run() async throws {
        let servers = try await [RestartingServer.start(), .start(), .start()]
        let before = Usage.now
        let transport = NativeTransport()
        let load = Load(on: transport, to: servers.map(\.endpoint))
        let end = ContinuousClock.now + .seconds(minutes * 60)

        // What is allocated once is there after a while.
        try await Self.run(load, servers, until: min(end, .now + .seconds(max(10, minutes * 6))))
        let warm = Usage.now
        print("warm:      \(warm)")
        try await Self.run(load, servers, until: end)

        for server in servers { transport.retire(server.endpoint) }
        let patience = ContinuousClock.now + .seconds(10)
        while await transport.connectionCount > 0, ContinuousClock.now < patience {
            try await Task.sleep(for: .milliseconds(10))
        }
        let connections = await transport.connectionCount
        await transport.shutdown()
        for server in servers { try await server.stop() }
        try await Task.sleep(for: .milliseconds(500))
        let after = Usage.now

        print("start:     \(before)")
        print("end:       \(after), \(connections) connections of the transport")
        print(load.report)
        let faults = [
            connections > 0 ? "connections are left" : nil,
            after.files > before.files + 8 ? "file descriptors are left" : nil,
            after.megabytes > warm.megabytes * 1.25 + 16 ? "memory grows" : nil,
            load.longest > .seconds(20) ? "a call took \(load.longest)" : nil,
            load.successes == 0 ? "no call succeeded" : nil,
        ].compactMap(\.self)
        print(faults.isEmpty ? "nothing is left" : "FAILED: " + faults.joined(separator: ", "))
        if !faults.isEmpty { throw ExitCode.failure }
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

#if AsyncHTTPClient && Transport
import ArgumentParser
import Foundation

/// Idle connections of one client in a process of its own.
struct MeasureIdle: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "measure-idle", shouldDisplay: false)

    @Argument var client: String
    @Argument var addresses: CommaSeparated<String>
    @Option var connections: Int
    @Option var credentials: String

    func run() async throws {
        guard let open = ClientKind.named(client)?.idle else {
            throw ValidationError("\"\(client)\" holds no connections")
        }
        Parent.endWithIt()
        let limit = FileLimit.raise()
        guard limit >= connections + 256 else {
            throw TooFewFiles(limit: limit, connections: connections)
        }

        func holder(of count: Int) throws -> any ConnectionHolder {
            let credentials = Credentials(folder: URL(fileURLWithPath: credentials))
            return try open(Load(addresses: addresses.values, path: "/", inFlight: count, credentials: credentials))
        }
        // What the first connections cost - event loops, caches, code - is not the price of the next.
        let warmUp = try holder(of: 16)
        try await warmUp.openConnections(16)
        try await Task.sleep(for: .seconds(1))
        let before = try Snapshot()

        let client = try holder(of: connections)
        try await client.openConnections(connections)
        let after = try await settled()
        guard after.sockets - before.sockets >= connections / 2 else {
            throw ConnectionsDidNotOpen(sockets: after.sockets - before.sockets)
        }

        try await client.shutdown()
        try await warmUp.shutdown()
        let memory = IdleMemory(
            connections: after.sockets - before.sockets,
            beforeMb: Double(before.residentBytes) / 1_048_576,
            afterMb: Double(after.residentBytes) / 1_048_576
        )
        print(String(decoding: try JSONEncoder().encode(memory), as: UTF8.self))
    }

    /// When no more have opened for two seconds: a client may stop short of the number, and what is there counts.
    private func settled() async throws -> Snapshot {
        var last = try Snapshot()
        while true {
            try await Task.sleep(for: .seconds(2))
            let now = try Snapshot()
            if now.sockets <= last.sockets { return now }
            last = now
        }
    }
}

/// What `/proc` says of this process.
private struct Snapshot {
    let residentBytes: Int
    let sockets: Int

    init() throws {
        let process = OtherProcess(id: getpid())
        guard let residentBytes = process.residentBytes, let sockets = process.sockets else { throw NeedsLinux() }
        self.residentBytes = residentBytes
        self.sockets = sockets
    }
}

private struct NeedsLinux: Error, CustomStringConvertible {
    let description = "idle connections are counted in /proc, which is not here"
}

private struct TooFewFiles: Error, CustomStringConvertible {
    let limit: Int
    let connections: Int

    var description: String { "the limit of \(limit) open files (ulimit -n) is too low for \(connections) connections" }
}

private struct ConnectionsDidNotOpen: Error, CustomStringConvertible {
    let sockets: Int

    var description: String { "only \(sockets) connections opened" }
}
#endif

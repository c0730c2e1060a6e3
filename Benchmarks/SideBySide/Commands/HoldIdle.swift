#if AsyncHTTPClient && Transport
import ArgumentParser
import Foundation

/// What a connection costs while nothing happens on it.
struct HoldIdle: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "idle",
        abstract: "Memory per idle connection, HTTP/1.1 without TLS."
    )

    @Option(help: "Connections to open.")
    var connections = 10_000

    @Option(help: "How often each client is measured.")
    var rounds = 3

    @Option(help: "The clients, separated by commas.")
    var clients = CommaSeparated(ClientKind.all.filter { $0.idle != nil }.map(\.name))

    @Flag(help: "Say whether the promise for the mesh's own transport is met.")
    var check = false

    @OptionGroup var output: OutputOptions

    func validate() throws {
        try Limits.check(seconds: 1, rounds: rounds)
        guard (1...16_000).contains(connections) else { throw ValidationError("--connections must be from 1 to 16000") }
        _ = try clients.kinds { $0.idle != nil }
    }

    func run() async throws {
        let conditions = Conditions(seconds: 0, rounds: rounds)
        let kinds = try clients.kinds { $0.idle != nil }
        let cost = try Stage.run(kinds, http2: output.h2Backend) { stage in
            var cost = IdleCost(conditions: conditions, stage: stage, isChecked: check)
            for round in 1...rounds {
                for kind in kinds {
                    let memory = try measure(kind, on: stage.backends)
                    cost.add(memory, of: kind.name)
                    let bytes = memory.bytesPerConnection.fixed(0)
                    Progress.say("round \(round) of \(rounds), \(kind.name): \(bytes) bytes per connection")
                }
            }
            return cost
        }
        print(output.json ? try cost.json() : cost.markdown())
    }

    private func measure(_ kind: ClientKind, on backends: Backends) throws -> IdleMemory {
        let output = try Command.ourselves([
            "measure-idle", kind.name, try backends.addresses(for: kind.backend).joined(separator: ","),
            "--connections", "\(connections)", "--credentials", backends.credentials.folder.path,
        ])
        return try JSONDecoder().decode(IdleMemory.self, from: Data(output.utf8))
    }
}
#endif

import MeshCore

/// In which order to ask the name servers: as configured, but one that did not answer lately comes last.
///
/// The order alone would make every question wait for a dead first server. As in c-ares (since 1.22), servers are sorted
/// by their failures in a row; the wait until one gets its place back grows from 5 s to 60 s.
struct ServerOrder: Sendable {
    private struct Penalty {
        var failures = 0
        var until = MeshInstant.zero
    }

    private var penalties: [DNSServer: Penalty] = [:]
    private var turn = 0

    init() {}

    /// The servers in the order in which to ask them at `now`.
    mutating func servers(of configuration: DNSConfiguration, at now: MeshInstant) -> [DNSServer] {
        var servers = configuration.servers
        if configuration.rotation == .everyQuestion, !servers.isEmpty {
            let shift = turn % servers.count
            servers = Array(servers[shift...] + servers[..<shift])
            turn = (turn + 1) % servers.count
        }
        penalties = penalties.filter { servers.contains($0.key) }
        func failures(_ server: DNSServer) -> Int {
            guard let penalty = penalties[server], now < penalty.until else { return 0 }
            return penalty.failures
        }
        return servers.enumerated()
            .sorted { (failures($0.element), $0.offset) < (failures($1.element), $1.offset) }
            .map(\.element)
    }

    /// The server answered, if only with an error.
    mutating func answered(_ server: DNSServer) {
        penalties[server] = nil
    }

    /// The server did not answer, or not in a way that could be read.
    mutating func failed(_ server: DNSServer, at now: MeshInstant) {
        let failures = min((penalties[server]?.failures ?? 0) + 1, 16)
        let penalty = min(Duration.seconds(5 << (failures - 1)), .seconds(60))
        penalties[server] = Penalty(failures: failures, until: now.advanced(by: penalty))
    }
}

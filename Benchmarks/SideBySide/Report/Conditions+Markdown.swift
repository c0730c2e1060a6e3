#if AsyncHTTPClient && Transport
extension Conditions {
    /// The machine, the servers and programs of others, and the rounds.
    func markdown(backend: String, peers: [String]) -> [String] {
        var lines = [
            "\(date), \(cpu), \(cores) cores, \(os), Swift \(swift), \(buildConfiguration) build, "
                + "load average before \(loadAverage.fixed(2)).",
            "Backend: \(backend), on the same machine. "
                + (peers.isEmpty ? "" : "Peers: \(peers.joined(separator: "; ")). ")
                + "Medians of \(rounds) rounds of \(seconds.fixed(1)) s (lowest to highest).",
            "",
        ]
        if Self.isDebugBuild { lines.insert(contentsOf: ["**\(Self.debugWarning)**", ""], at: 0) }
        return lines
    }
}
#endif

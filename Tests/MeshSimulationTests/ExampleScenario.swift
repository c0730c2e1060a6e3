import MeshCore
import MeshSimulation

extension Scenario {
    /// A scenario of `Examples/Scenarios`.
    static func example(_ name: String) throws -> Scenario {
        let folder = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(
            separator: "/"
        )
        return try Scenario(contentsOfFile: "\(folder)/Examples/Scenarios/\(name).json")
    }
}

extension SimulationResult {
    /// A percentile in milliseconds; 0 without calls.
    func milliseconds(_ share: Double) -> Double { (latency(share) ?? .zero) / .milliseconds(1) }

    /// Requests that reached the servers of a group.
    func calls(of group: String) -> Int {
        servers.filter { $0.name.hasPrefix("\(group)-") }.reduce(0) { $0 + $1.calls }
    }
}

extension SimulationResult.Slice {
    /// The share of the calls that failed.
    var failed: Double { calls == 0 ? 0 : Double(failures) / Double(calls) }
}

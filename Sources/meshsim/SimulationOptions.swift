#if Configuration
import ArgumentParser
import MeshSimulation

/// What every command that simulates takes.
struct SimulationOptions: ParsableArguments {
    @Option(
        name: .customLong("policy"),
        help: "Policies to run in place of the variants of the file, with commas between them."
    )
    var policies: String?

    @Option(
        name: .customLong("load"),
        parsing: .unconditional,
        help: "Run each variant with so many times the calls; several with commas between them."
    )
    var loads: String?

    @Option(
        name: .customLong("seed"),
        parsing: .unconditional,
        help: "The seed of all randomness, in place of that of the file."
    )
    var seedText: String?

    func validate() throws {
        if let seedText, seed == nil {
            throw ValidationError("--seed must be a whole number from 0, not \"\(seedText)\"")
        }
        for load in Self.list(loads) ?? [] where !(Double(load).map { $0 >= 0.000001 && $0 <= 1000 } ?? false) {
            throw ValidationError("a load is a number from 0.000001 to 1000, not \"\(load)\"")
        }
        for policy in names ?? [] where !Simulation.policies.contains(policy) {
            let known = Simulation.policies.joined(separator: ", ")
            throw ValidationError("there is no policy \"\(policy)\"; there are \(known)")
        }
    }

    private var seed: UInt64? { seedText.flatMap { UInt64($0) } }

    private var names: [String]? { Self.list(policies) }

    private static func list(_ option: String?) -> [String]? {
        option?.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }

    func scenario(_ file: String) throws -> Scenario {
        var scenario = try Scenario(contentsOfFile: file)
        if let seed { scenario.seed = seed }
        if let names { scenario.variants = names.map { .policy($0) } }
        if let loads = Self.list(loads) {
            scenario.variants = scenario.variants(atLoads: loads.compactMap(Double.init))
        }
        return scenario
    }
}
#endif

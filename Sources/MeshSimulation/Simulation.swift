import MeshCore
import MeshLoadBalancing
import ServiceMesh

/// Lives through a scenario in virtual time, with the production stack: every client is a `Mesh`.
///
/// ```swift
/// var scenario = Scenario(name: "two", servers: [ServerGroup("web", count: 2)])
/// scenario.variants = [.policy("least_request"), .policy("peak_ewma")]
/// for result in try Simulation(scenario).run() {
///     print(result.variant, result.success, result.latency(0.99) ?? .zero)
/// }
/// ```
///
/// The same scenario gives the same result, to the last event, on every run.
public struct Simulation: Sendable {
    /// What is lived through.
    public let scenario: Scenario

    /// Creates a simulation.
    ///
    /// - Throws: ``ScenarioError`` if ``Scenario/check()`` finds something wrong.
    public init(_ scenario: Scenario) throws(ScenarioError) {
        try scenario.check()
        self.scenario = scenario
    }

    /// The names of the policies for load balancing that a scenario may name.
    public static var policies: [String] { LoadBalancingPolicy.named.map(\.name) }

    /// Runs every variant of the scenario, one after the other, and blocks the calling thread meanwhile.
    ///
    /// - Parameter progress: Told now and then which variant runs and which share of it is over.
    /// - Returns: A result for each variant, in their order.
    /// - Throws: ``VirtualTimeError`` if something left virtual time.
    public func run(
        progress: (@Sendable (_ variant: String, _ share: Double) -> Void)? = nil
    ) throws -> [SimulationResult] {
        try scenario.comparedVariants.map { variant in
            try run(variant) { share in progress?(variant.name, share) }
        }
    }

    /// Runs one variant, which need not be one of the scenario's, and blocks the calling thread meanwhile.
    ///
    /// - Parameters:
    ///   - variant: The settings on top of the scenario's own.
    ///   - progress: Told now and then which share of it is over.
    /// - Throws: ``ScenarioError`` if the variant is refused; ``VirtualTimeError`` if something left virtual time.
    public func run(
        _ variant: Scenario.Variant,
        progress: (@Sendable (_ share: Double) -> Void)? = nil
    ) throws -> SimulationResult {
        let configuration: ClientConfiguration
        do throws(ScenarioRefusal) {
            configuration = try scenario.clientConfiguration(of: variant)
        } catch {
            throw ScenarioError(error, in: scenario.name)
        }
        let time = VirtualTime()
        return try time.run {
            let fleet = Fleet(scenario.scaled(by: variant.load), time: time, progress: progress)
            try await fleet.run(configuration)
            return fleet.recorder.result(variant: variant.name)
        }
    }
}

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
    public init(_ scenario: Scenario) {
        self.scenario = scenario
    }

    /// The names of the policies for load balancing that a scenario may name.
    public static var policies: [String] { LoadBalancingPolicy.named.map(\.name) }

    /// Runs every variant of the scenario, one after the other, and blocks the calling thread meanwhile.
    ///
    /// - Parameter progress: Told now and then which variant runs and which share of it is over.
    /// - Returns: A result for each variant, in their order.
    /// - Throws: ``ScenarioError`` if a setting is refused; ``VirtualTimeError`` if something left virtual time.
    public func run(
        progress: (@Sendable (_ variant: String, _ share: Double) -> Void)? = nil
    ) throws -> [SimulationResult] {
        let variants = scenario.variants.isEmpty ? [Scenario.Variant("default")] : scenario.variants
        return try variants.map { variant in
            try run(variant) { share in progress?(variant.name, share) }
        }
    }

    /// Runs one variant.
    public func run(
        _ variant: Scenario.Variant,
        progress: (@Sendable (_ share: Double) -> Void)? = nil
    ) throws -> SimulationResult {
        let configuration = try configuration(of: variant)
        let time = VirtualTime()
        let scenario = scenario.scaled(by: variant.load)
        return try time.run {
            let fleet = Fleet(scenario, variant: variant.name, time: time, progress: progress)
            try await fleet.run(configuration)
            return fleet.recorder.result(variant: variant.name)
        }
    }

    /// What each client is told in a variant.
    func configuration(of variant: Scenario.Variant) throws(ScenarioError) -> ClientConfiguration {
        var settings = MeshSettings()
        do throws(ServiceSettings.Refusal) {
            for setting in scenario.settings + variant.settings { try settings.set(setting) }
            let service = try settings.service.configuration(target: Target(scheme: "simulated", path: "fleet"))
            return ClientConfiguration(service, isZoneAware: settings.isZoneAware, in: scenario.clients)
        } catch {
            throw ScenarioError(file: scenario.name, key: "mesh.\(error.path)", reason: error.reason)
        }
    }
}

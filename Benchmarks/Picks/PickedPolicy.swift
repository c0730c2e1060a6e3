import BenchmarkSupport
import MeshCircuitBreaking
import MeshCore
import MeshLoadBalancing

/// A policy to measure, and what comes with it: each of ours with its defaults, and with what it lives on - keys, reports,
/// answers to probes - where it needs any.
struct PickedPolicy {
    let name: String
    let policy: LoadBalancingPolicy
    var routing = EndpointRouting()

    static var all: [PickedPolicy] {
        LoadBalancingPolicy.named.map { PickedPolicy(name: $0.name, policy: $0) } + [
            PickedPolicy(
                name: "aperture",
                policy: .peakEWMA,
                routing: EndpointRouting(
                    subsetting: .aperture(Aperture(coordinate: try? ProcessCoordinate(instance: 3, of: 10)))
                )
            )
        ]
    }

    /// As in a service: with a breaker behind every endpoint.
    func balancer(_ count: Int) -> LoadBalancer {
        LoadBalancer(policy: policy, endpoints: .synthetic(count), health: CircuitBreakers(), routing: routing)
    }
}

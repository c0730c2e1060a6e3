import MeshCore
import MeshLoadBalancing

/// What comes before the policy, as far as it is not a plain value of `EndpointRouting`.
struct RoutingDraft: Sendable {
    var overprovisioning: Int
    var maximumInFlight: Int?
    var panicThreshold: Fraction
    var slowStartWindow: Duration?
    var slowStartAggression: Double
    var slowStartMinimum: Fraction
    var localZone: Locality?
    var minimumZoneEndpoints: Int
    var subsetKeys: Set<Set<String>> = []
    var subsetFallback = SubsetRules.Fallback.none

    init(_ routing: EndpointRouting) {
        (overprovisioning, maximumInFlight) = (routing.overprovisioning, routing.maximumInFlight)
        panicThreshold = routing.panicThreshold
        let slowStart = SlowStart(window: .seconds(1))
        (slowStartAggression, slowStartMinimum) = (slowStart.aggression, slowStart.minimum)
        minimumZoneEndpoints = ZoneAware(local: Locality()).minimumEndpoints
    }

    var routing: EndpointRouting {
        EndpointRouting(
            panicThreshold: panicThreshold,
            overprovisioning: overprovisioning,
            localities: localZone.map { .zoneAware(ZoneAware(local: $0, minimumEndpoints: minimumZoneEndpoints)) }
                ?? .ignored,
            slowStart: slowStartWindow.map {
                SlowStart(window: $0, aggression: slowStartAggression, minimum: slowStartMinimum)
            },
            maximumInFlight: maximumInFlight,
            subsets: SubsetRules(
                keys: subsetKeys.sorted { $0.sorted().joined() < $1.sorted().joined() },
                fallback: subsetFallback
            )
        )
    }
}

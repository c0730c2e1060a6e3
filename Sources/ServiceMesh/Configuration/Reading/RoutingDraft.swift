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
    var localityWeights: [Locality: UInt32] = [:]
    var subsetting = Rule.none
    var randomSize: Int
    var apertureMinimum: Int
    var loadBand: Bool
    var lowLoad: Double
    var highLoad: Double
    var loadWindow: Duration
    var subsetKeys: Set<Set<String>> = []
    var subsetFallback = SubsetRules.Fallback.none

    /// Which of the rules of `Subsetting`.
    enum Rule: Hashable, Sendable { case none, random, aperture }

    init(_ routing: EndpointRouting) {
        (overprovisioning, maximumInFlight) = (routing.overprovisioning, routing.maximumInFlight)
        panicThreshold = routing.panicThreshold
        let slowStart = SlowStart(window: .seconds(1))
        (slowStartAggression, slowStartMinimum) = (slowStart.aggression, slowStart.minimum)
        minimumZoneEndpoints = ZoneAware(local: Locality()).minimumEndpoints
        randomSize = RandomSubsetting().size
        let aperture = Aperture()
        (apertureMinimum, loadBand) = (aperture.minimum, aperture.loadBand != nil)
        let band = LoadBand()
        (lowLoad, highLoad, loadWindow) = (band.low, band.high, band.window)
    }

    var routing: EndpointRouting {
        EndpointRouting(
            panicThreshold: panicThreshold,
            overprovisioning: overprovisioning,
            localities: localities,
            slowStart: slowStartWindow.map {
                SlowStart(window: $0, aggression: slowStartAggression, minimum: slowStartMinimum)
            },
            maximumInFlight: maximumInFlight,
            subsets: SubsetRules(
                keys: subsetKeys.sorted { $0.sorted().joined() < $1.sorted().joined() },
                fallback: subsetFallback
            ),
            subsetting: rule
        )
    }

    private var localities: LocalityRouting {
        if let localZone { return .zoneAware(ZoneAware(local: localZone, minimumEndpoints: minimumZoneEndpoints)) }
        return localityWeights.isEmpty ? .ignored : .weighted(localityWeights)
    }

    private var rule: Subsetting {
        switch subsetting {
        case .none: .none
        case .random: .random(RandomSubsetting(size: randomSize))
        case .aperture:
            .aperture(
                Aperture(
                    minimum: apertureMinimum,
                    loadBand: loadBand ? LoadBand(low: lowLoad, high: highLoad, window: loadWindow) : nil
                )
            )
        }
    }
}

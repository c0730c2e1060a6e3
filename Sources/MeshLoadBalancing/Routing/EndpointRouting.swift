public import MeshCore

/// Which endpoints a call may go to, before the policy chooses among them: what holds for every policy.
///
/// A call picks a subset by metadata (if it asks for one), a priority, a locality, and in it an endpoint, in this order, as in
/// Envoy. In a large fleet ``subsetting`` leaves a part of the endpoints to each instance.
public struct EndpointRouting: Hashable, Sendable {
    /// The share of available endpoints below which availability is ignored, because the few that are left would break under
    /// the load of all: 0.5 by default, as in Envoy; 0 never ignores it. Looked at for each priority.
    public var panicThreshold: Fraction
    /// How much more than its share an available endpoint can bear, in percent: 140 by default, as in Envoy. A priority
    /// keeps all calls until less than 100 / 140 of it are available. 100 gives up a part with the first endpoint that is missing.
    public var overprovisioning: Int { didSet { check() } }
    /// Whether calls keep to a place.
    public var localities: LocalityRouting
    /// How new and re-admitted endpoints come to their share; `nil`, the default, at once.
    public var slowStart: SlowStart?
    /// The most calls that are in flight to one endpoint from this process; `nil`, the default, without a limit. A call
    /// that finds every endpoint full fails with ``PickError/full(total:ceiling:)``.
    ///
    /// When an update describes an endpoint anew, with another weight for example, the calls that it has in flight are not seen for
    /// the microseconds until the update is done: it may have up to twice as many for once, never fewer.
    public var maximumInFlight: Int? { didSet { check() } }
    /// The subsets that calls may ask for.
    public var subsets: SubsetRules
    /// Which of the endpoints this instance talks to at all; ``Subsetting/none``, the default, for all of them.
    public var subsetting: Subsetting

    /// Creates the rules.
    ///
    /// - Precondition: `overprovisioning` lies between 100 and 10,000, and `maximumInFlight` at least 1.
    public init(
        panicThreshold: Fraction = 0.5,
        overprovisioning: Int = 140,
        localities: LocalityRouting = .ignored,
        slowStart: SlowStart? = nil,
        maximumInFlight: Int? = nil,
        subsets: SubsetRules = SubsetRules(),
        subsetting: Subsetting = .none
    ) {
        self.panicThreshold = panicThreshold
        self.overprovisioning = overprovisioning
        self.localities = localities
        self.slowStart = slowStart
        self.maximumInFlight = maximumInFlight
        self.subsets = subsets
        self.subsetting = subsetting
        check()
    }

    private func check() {
        precondition((100...10_000).contains(overprovisioning), "over-provisioning is in percent, from 100 to 10,000")
        precondition(maximumInFlight ?? 1 >= 1, "the ceiling of calls in flight must be positive")
    }
}

public import MeshCore

/// A policy of your own.
///
/// ```swift
/// let first = CustomPolicy("first") { choices, _ in choices.indices.first { choices.mayAsk($0) } }
/// let balancer = LoadBalancer(policy: .custom(first), endpoints: endpoints)
/// ```
///
/// It chooses within the priority and the locality that were chosen before. If what it chose may not be asked it is asked
/// again once; then an endpoint that may be is taken. `LoadBalancingConformance` in MeshTesting examines it.
public struct CustomPolicy: Hashable, Sendable {
    /// Chooses an endpoint by its index; `nil`, or an index that does not exist, for nobody in particular.
    ///
    /// Called under the lock of a stripe: must be quick and must not call the balancer. Randomness comes from the generator, so
    /// that a seed reproduces the choices.
    public typealias Choose = @Sendable (EndpointChoices, inout SplitMix64) -> Int?

    /// The name, in `snake_case`. Policies of one name are equal.
    public let name: String
    let choose: Choose

    /// Creates a policy.
    public init(_ name: String, _ choose: @escaping Choose) {
        self.name = name
        self.choose = choose
    }

    /// Whether the names are equal.
    public static func == (lhs: CustomPolicy, rhs: CustomPolicy) -> Bool { lhs.name == rhs.name }

    /// Hashes the name.
    public func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

/// What a policy of your own chooses from: endpoints, of weight 1 and more, as they look to one call.
public struct EndpointChoices: Sendable {
    let group: EndpointGroup
    let wish: Picker.Wish
    let metric: PeakEWMA
    let picker: Picker

    /// Their indexes.
    public var indices: Range<Int> { 0..<group.members.count }

    /// The endpoint.
    public func endpoint(_ index: Int) -> Endpoint { group.node(at: index).endpoint }

    /// Its weight beside the mean of all of them, which is 1. Of an endpoint at the edge of an ``Aperture`` only the part inside
    /// counts.
    public func relativeWeight(_ index: Int) -> Double { 1 / Double(group.members[index].inverseWeight) }

    /// Calls in flight, those of other threads as they were at most 65 us ago.
    public func inFlight(_ index: Int) -> Int {
        var glances = Glances()
        return group.members[index].calls(by: wish.stripe, at: wish.now, &glances).inFlight
    }

    /// The average latency as peak EWMA sees it.
    public func latency(_ index: Int) -> Duration {
        .nanoseconds(Int64(min(metric.latency(group.node(at: index).state.latency, at: wish.now), 9e18)))
    }

    /// Whether it may be asked: available, not full, and not one that has failed this call.
    public func mayAsk(_ index: Int) -> Bool { picker.candidate(group.members[index], for: wish) != nil }

    /// What the call is about, if it says so.
    public var hashKey: UInt64? { wish.hashKey }
}

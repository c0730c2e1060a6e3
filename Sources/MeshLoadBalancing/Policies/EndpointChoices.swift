public import MeshCore

/// What a policy of your own chooses from: endpoints, of weight 1 and more, as they look to one call.
public struct EndpointChoices: Sendable {
    let group: EndpointGroup
    let wish: Picker.Wish
    /// What decides which of those that start slowly sit this call out.
    let chance: UInt64
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

    /// Whether it may be asked: available, not full, not one that has failed this call, and not one that sits it out because it
    /// starts slowly (``SlowStart``).
    public func mayAsk(_ index: Int) -> Bool { picker.mayChoose(index, of: group, chance: chance, for: wish) }

    /// What the call is about, if it says so.
    public var hashKey: UInt64? { wish.hashKey }
}

import MeshCore

/// Chooses while nothing stands in the way: one group, all of which may be asked, no slow start, no ceiling, nobody to avoid.
///
/// It chooses as ``Picker`` would, without looking at what cannot be.
enum PlainChoice {
    /// Any, by weight.
    case any
    /// One after the other, by weight.
    case next
    /// Of two the less loaded; by latency too, if it is known how that gets old.
    case lighter(PeakEWMA.Fading?)
    /// The endpoint of the call's key.
    case ofKey

    /// `nil` if a choice under this policy and this routing is never plain.
    init?(_ policy: LoadBalancingPolicy, _ routing: EndpointRouting) {
        guard routing.slowStart == nil, routing.maximumInFlight == nil, policy.balanceFactor == nil,
            routing.localities == .ignored, routing.subsets.default == nil, routing.subsetting == .none
        else { return nil }
        switch policy {
        case .random: self = .any
        case .weightedRoundRobin: self = .next
        case .leastRequest(let rule) where rule.choices == 2 && rule.activeRequestBias == .infinity:
            self = .lighter(nil)
        case .peakEWMA(let metric): self = .lighter(metric.fading)
        case .ringHash, .maglev: self = .ofKey
        case .leastRequest, .reportedWeights, .prequal, .custom: return nil
        }
    }

    /// - Parameter group: Not empty.
    @inline(__always)
    func member(
        of group: EndpointGroup,
        _ draws: inout PickStripe.Draws,
        hashKey: UInt64?,
        stripe: Int,
        at now: MeshInstant
    ) -> EndpointGroup.Member {
        switch self {
        case .any:
            return group.members[group.draw(using: &draws.random)]
        case .next:
            let count = group.members.count
            return group.members[StaticStride.next(&draws.sequence, strides: group.strides, count: count)]
        case .lighter(let fading):
            guard group.members.count > 1 else { return group.members[0] }
            let drawn = group.drawTwo(using: &draws.random)
            let (first, second) = (group.members[drawn.0], group.members[drawn.1])
            let load = Self.load(of: second, fading, &draws.glances, stripe: stripe, at: now)
            return load < Self.load(of: first, fading, &draws.glances, stripe: stripe, at: now) ? second : first
        case .ofKey:
            guard let hashKey, let index = group.table?.first(for: hashKey, where: { _ in true }) else {
                return group.members[group.draw(using: &draws.random)]
            }
            return group.members[index]
        }
    }

    @inline(__always)
    private static func load(
        of member: EndpointGroup.Member,
        _ fading: PeakEWMA.Fading?,
        _ glances: inout Glances,
        stripe: Int,
        at now: MeshInstant
    ) -> Float {
        let calls = member.calls(by: stripe, at: now, &glances)
        return load(of: member, calls, inFlight: Float(calls.inFlight) * member.inverseWeight, fading, at: now)
    }

    /// Two idle endpoints tie, whatever their weights, and the one that was drawn first, by weight, is asked: a light
    /// endpoint would otherwise never be asked while a heavy one is idle.
    @inline(__always)
    static func load(
        of member: EndpointGroup.Member,
        _ calls: CallCount.Calls,
        inFlight: Float,
        _ fading: PeakEWMA.Fading?,
        at now: MeshInstant
    ) -> Float {
        guard let fading else { return inFlight + 1 }
        return member.state._withUnsafeGuaranteedRef { state in
            // An average decays so that an endpoint that nobody asks is tried again. One that is being asked has been given
            // its chance: if it decayed on, an endpoint that hangs would be flooded, because its average gets no answers
            // and a ten-thousandth of a latency times any number of calls is next to nothing.
            let latency = calls.isWaiting ? state.latency.nanoseconds : fading.latency(state.latency, at: now)
            return max(latency, 1) * (inFlight + 1)
        }
    }
}

import MeshCore

/// Chooses an endpoint from a snapshot.
///
/// First a group by its share of the calls, then an endpoint of it by chance; where chance finds none that may be asked, by
/// looking at all of them, then at the other groups. When too few are available the panic rule decides.
///
/// A class, because a structure of this size would be copied, and all that it holds counted, wherever a closure wants it.
final class Picker: Sendable {
    struct Choice {
        let member: EndpointGroup.Member
        /// Whether it was chosen without regard to its health.
        let isPanic: Bool
    }

    /// Whether an endpoint that waits for a probe is a candidate.
    enum Probes { case allowed, passedOver }

    let policy: LoadBalancingPolicy
    let panicThreshold: Fraction
    let slowStart: SlowStart?
    let prequal: PrequalPicking?
    let ceiling: Int?
    /// How averages of latency get old, if the policy is peak EWMA.
    private let fading: PeakEWMA.Fading?
    /// The bound of consistent hashing with bounded loads, in percent.
    let balanceFactor: Int?

    init(policy: LoadBalancingPolicy, routing: EndpointRouting, prequal: PrequalPicking? = nil) {
        self.policy = policy
        self.prequal = prequal
        panicThreshold = routing.panicThreshold
        slowStart = routing.slowStart
        ceiling = routing.maximumInFlight
        fading = if case .peakEWMA(let metric) = policy { metric.fading } else { nil }
        balanceFactor = policy.balanceFactor
    }

    /// What one call wants.
    struct Wish {
        let avoiding: [Address]
        let probes: Probes
        /// The stripe of the current thread among ``MeshCore/Stripe/maximum``.
        let stripe: Int
        let now: MeshInstant
        let hashKey: UInt64?
        let subset: EndpointSubset?

        func avoids(_ member: EndpointGroup.Member) -> Bool {
            !avoiding.isEmpty && member.node._withUnsafeGuaranteedRef { avoiding.contains($0.endpoint.address) }
        }

        /// The same, of anyone.
        var ofAnyone: Wish {
            Wish(avoiding: [], probes: probes, stripe: stripe, now: now, hashKey: hashKey, subset: subset)
        }
    }

    func choose(
        from snapshot: EndpointSnapshot,
        _ draws: inout PickStripe.Draws,
        tracker: any HealthTracker,
        for wish: Wish
    ) -> Choice? {
        let unavailable = tracker.unavailableCount
        // The usual case, without places, priorities and subsets: what the tracker counts is what the group lacks.
        if let only = snapshot.only, wish.subset == nil {
            let isPanic =
                unavailable > 0 && isPanic(available: snapshot.pickableCount - unavailable, of: snapshot.pickableCount)
            return only._withUnsafeGuaranteedRef { group in
                if !isPanic, let member = byChance(group, &draws, for: wish) {
                    return Choice(member: member, isPanic: false)
                }
                return byLooking(snapshot, from: group, &draws, isPanic: isPanic, for: wish)
            }
        }
        if unavailable == 0, let group = snapshot.onlyWhileWhole, wish.subset == nil {
            return group._withUnsafeGuaranteedRef { group in
                if let member = byChance(group, &draws, for: wish) { return Choice(member: member, isPanic: false) }
                return byLooking(snapshot, from: group, &draws, isPanic: false, for: wish)
            }
        }
        guard let part = snapshot.narrowed(to: wish.subset),
            let share = share(of: part.shares(unavailable: unavailable, at: wish.now), &draws, for: wish)
        else { return nil }
        if !share.isPanic, let member = byChance(share.group, &draws, for: wish) {
            return Choice(member: member, isPanic: false)
        }
        return byLooking(part, from: share.group, &draws, isPanic: share.isPanic, for: wish)
    }

    /// By chance, or by the key, so that calls with one key meet where there are several groups, too.
    private func share(
        of shares: GroupShares,
        _ draws: inout PickStripe.Draws,
        for wish: Wish
    ) -> GroupShares.Share? {
        guard policy.hashes, let key = wish.hashKey else { return shares.draw(using: &draws.random) }
        return shares.share(of: key)
    }

    /// Whether the endpoint may be asked at all.
    @inline(__always)
    func availability(of member: EndpointGroup.Member, for wish: Wish) -> Availability {
        let availability = member.state._withUnsafeGuaranteedRef { $0.availability(at: wish.now) }
        if availability == .probe && wish.probes == .passedOver { return .unavailable }
        return isFull(member) ? .unavailable : availability
    }

    func isFull(_ member: EndpointGroup.Member) -> Bool {
        guard let ceiling else { return false }
        return member.inFlight >= ceiling
    }

    /// Whether an endpoint that starts slowly sits this call out.
    func sitsOut(_ member: EndpointGroup.Member, _ draws: inout PickStripe.Draws, for wish: Wish) -> Bool {
        guard slowStart != nil else { return false }
        return sitsOut(member, chance: draws.random.next(), for: wish)
    }

    private func sitsOut(_ member: EndpointGroup.Member, chance: UInt64, for wish: Wish) -> Bool {
        guard let slowStart else { return false }
        let factor = member.state._withUnsafeGuaranteedRef { $0.factor(slowStart, at: wish.now) }
        return factor < 1 && Float(chance >> 40) * 0x1p-24 >= factor
    }

    /// Whether a policy of one's own may choose the member of this index; the same however often it asks in one call.
    func mayChoose(_ index: Int, of group: EndpointGroup, chance: UInt64, for wish: Wish) -> Bool {
        let member = group.members[index]
        guard candidate(member, for: wish) != nil else { return false }
        guard slowStart != nil else { return true }
        var random = SplitMix64(seed: chance ^ UInt64(index))
        return !sitsOut(member, chance: random.next(), for: wish)
    }

    // MARK: By chance

    private func byChance(
        _ group: EndpointGroup,
        _ draws: inout PickStripe.Draws,
        for wish: Wish
    ) -> EndpointGroup.Member? {
        // A second draw, of a policy with a view of its own, keeps one ejected or avoided endpoint among few from being a reason to
        // choose otherwise.
        for draw in 0..<2 {
            let choice: EndpointGroup.Member?
            switch policy {
            case .random:
                choice = candidate(one(of: group, &draws, for: wish) { group.draw(using: &$0.random) }, for: wish)
            case .weightedRoundRobin:
                let member = one(of: group, &draws, for: wish) { draws in
                    StaticStride.next(&draws.sequence, strides: group.strides, count: group.members.count)
                }
                choice = candidate(member, for: wish)
            case .reportedWeights(let rule):
                let strides = ReportedStrides.current(in: &draws.reported, of: group, by: rule, at: wish.now)
                let member = one(of: group, &draws, for: wish) { draws in
                    StaticStride.next(&draws.sequence, strides: strides, count: group.members.count)
                }
                choice = candidate(member, for: wish)
            case .leastRequest(let rule) where rule.choices > 2 || rule.activeRequestBias < .infinity:
                choice = several(rule, of: group, &draws, for: wish)
            case .leastRequest, .peakEWMA:
                choice = two(of: group, &draws, for: wish)
            case .prequal:
                choice = byProbes(group, &draws, isRepeated: draw > 0 || wish.probes == .passedOver, for: wish)
            case .ringHash, .maglev:
                choice = byKey(group, &draws, for: wish)
            case .custom(let custom):
                let chance = slowStart == nil ? 0 : draws.random.next()
                let choices = EndpointChoices(
                    group: group,
                    wish: wish,
                    chance: chance,
                    metric: PeakEWMA(),
                    picker: self
                )
                choice = custom.choose(choices, &draws.random).flatMap { index in
                    choices.indices.contains(index) && choices.mayAsk(index) ? group.members[index] : nil
                }
            }
            if let choice { return choice }
        }
        // A key that nobody takes is seen to by the scan.
        if policy.hashes, wish.hashKey != nil { return nil }
        for _ in 0..<Self.drawsForAvailability {
            if let choice = anyone(of: group, &draws, for: wish) { return choice }
        }
        return nil
    }

    /// How often anyone is drawn before all are looked at. Looking takes the next one behind those that may not be asked, which has
    /// their calls on top of its own if they stand together, as those of a lost zone do: with half of the endpoints lost, a call in
    /// 256 at most gets there.
    private static var drawsForAvailability: Int { 8 }

    /// One drawn by weight, or the better of two if the policy compares.
    private func anyone(
        of group: EndpointGroup,
        _ draws: inout PickStripe.Draws,
        for wish: Wish
    ) -> EndpointGroup.Member? {
        switch policy {
        case .leastRequest, .peakEWMA: two(of: group, &draws, for: wish)
        default: candidate(one(of: group, &draws, for: wish) { group.draw(using: &$0.random) }, for: wish)
        }
    }

    /// How often an endpoint that sits out is replaced by another before it is taken all the same: with fewer than half of
    /// the weight starting slowly, one call in 256 or less.
    private static var drawsForSlowStart: Int { 8 }

    /// One endpoint, as `draw` draws it.
    func one(
        of group: EndpointGroup,
        _ draws: inout PickStripe.Draws,
        for wish: Wish,
        draw: (inout PickStripe.Draws) -> Int
    ) -> EndpointGroup.Member {
        var member = group.members[draw(&draws)]
        guard slowStart != nil else { return member }
        for _ in 1..<Self.drawsForSlowStart {
            guard sitsOut(member, &draws, for: wish) else { return member }
            member = group.members[draw(&draws)]
        }
        return member
    }

    /// The better of two.
    @inline(__always)
    private func two(
        of group: EndpointGroup,
        _ draws: inout PickStripe.Draws,
        for wish: Wish
    ) -> EndpointGroup.Member? {
        guard group.members.count > 1 else { return candidate(group.members[0], for: wish) }
        var (first, second) = group.drawTwo(using: &draws.random)
        if slowStart != nil {
            for _ in 1..<Self.drawsForSlowStart {
                switch (
                    sitsOut(group.members[first], &draws, for: wish), sitsOut(group.members[second], &draws, for: wish)
                ) {
                case (false, false):
                    return better(group.members[first], group.members[second], &draws.glances, for: wish)
                case (false, true): return candidate(group.members[first], for: wish)
                case (true, false): return candidate(group.members[second], for: wish)
                case (true, true): (first, second) = group.drawTwo(using: &draws.random)
                }
            }
        }
        return better(group.members[first], group.members[second], &draws.glances, for: wish)
    }

    /// The endpoint that its answers speak for; anyone if there are not enough answers.
    private func byProbes(
        _ group: EndpointGroup,
        _ draws: inout PickStripe.Draws,
        isRepeated: Bool,
        for wish: Wish
    ) -> EndpointGroup.Member? {
        let chosen = prequal?.choose(from: group, at: wish.now, isRepeated: isRepeated) { index in
            let member = group.members[index]
            return candidate(member, for: wish) != nil && !sitsOut(member, &draws, for: wish)
        }
        if let chosen { return group.members[chosen] }
        return candidate(one(of: group, &draws, for: wish) { group.draw(using: &$0.random) }, for: wish)
    }

    /// One of several: the least loaded, or by chance for a bias that is finite.
    private func several(
        _ rule: LeastRequest,
        of group: EndpointGroup,
        _ draws: inout PickStripe.Draws,
        for wish: Wish
    ) -> EndpointGroup.Member? {
        var best: EndpointGroup.Member?
        var sum = 0.0
        for _ in 0..<rule.choices {
            // With replacement, as in Envoy and gRPC.
            let drawn = one(of: group, &draws, for: wish) { group.draw(using: &$0.random) }
            guard let other = candidate(drawn, for: wish) else { continue }
            guard let current = best else {
                best = other
                sum = share(of: other, rule, &draws.glances, for: wish)
                continue
            }
            if rule.activeRequestBias == .infinity {
                best = better(current, other, &draws.glances, for: wish)
            } else {
                let share = share(of: other, rule, &draws.glances, for: wish)
                sum += share
                if draws.random.unit() * sum < share { best = other }
            }
        }
        return best
    }

    private func share(
        of member: EndpointGroup.Member,
        _ rule: LeastRequest,
        _ glances: inout Glances,
        for wish: Wish
    ) -> Double {
        rule.share(atLoad: Double(load(member, &glances, for: wish)))
    }

    func candidate(_ member: EndpointGroup.Member, for wish: Wish) -> EndpointGroup.Member? {
        wish.avoids(member) || availability(of: member, for: wish) == .unavailable ? nil : member
    }

    /// The one to ask of two. A probe comes first: an endpoint that waits for one looks loaded and would never get it.
    func better(
        _ first: EndpointGroup.Member,
        _ second: EndpointGroup.Member,
        _ glances: inout Glances,
        for wish: Wish
    ) -> EndpointGroup.Member? {
        if !wish.avoiding.isEmpty {
            if wish.avoids(first) { return candidate(second, for: wish) }
            if wish.avoids(second) { return candidate(first, for: wish) }
        }
        switch (availability(of: first, for: wish), availability(of: second, for: wish)) {
        case (.available, .available):
            return load(second, &glances, for: wish) < load(first, &glances, for: wish) ? second : first
        case (.probe, _): return first
        case (_, .probe): return second
        case (.available, .unavailable): return first
        case (.unavailable, .available): return second
        case (.unavailable, .unavailable): return nil
        }
    }

    func load(
        _ member: EndpointGroup.Member,
        _ glances: inout Glances,
        for wish: Wish
    ) -> Float {
        let calls = member.calls(by: wish.stripe, at: wish.now, &glances)
        var inFlight = Float(calls.inFlight) * member.inverseWeight
        if let slowStart { inFlight /= member.state._withUnsafeGuaranteedRef { $0.factor(slowStart, at: wish.now) } }
        return PlainChoice.load(of: member, calls, inFlight: inFlight, fading, at: wish.now)
    }
}

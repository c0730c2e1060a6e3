import MeshCore

/// Chooses an endpoint from a snapshot.
///
/// First by chance among the available endpoints of the first priority; where chance finds none, by looking at all of
/// them, then at the next priorities. When too few are available the panic rule decides.
struct Picker: Sendable {
    struct Choice {
        let member: EndpointGroup.Member
        /// Whether it was chosen without regard to its health.
        let isPanic: Bool
    }

    /// Whether an endpoint that waits for a probe is a candidate.
    enum Probes { case allowed, passedOver }

    let policy: LoadBalancingPolicy
    let panicThreshold: Fraction

    /// What one call wants.
    struct Wish {
        let avoiding: [Address]
        let probes: Probes
        /// The stripe of the current thread among ``MeshCore/Stripe/maximum``.
        let stripe: Int
        let now: MeshInstant

        /// Whether the endpoint may be asked at all.
        func availability(of member: EndpointGroup.Member) -> Availability {
            let availability = member.state._withUnsafeGuaranteedRef { $0.availability(at: now) }
            return availability == .probe && probes == .passedOver ? .unavailable : availability
        }

        func avoids(_ member: EndpointGroup.Member) -> Bool {
            !avoiding.isEmpty && member.node._withUnsafeGuaranteedRef { avoiding.contains($0.endpoint.address) }
        }
    }

    func choose(
        from snapshot: EndpointSnapshot,
        _ draws: inout PickStripe.Draws,
        tracker: any HealthTracker,
        for wish: Wish
    ) -> Choice? {
        guard let first = snapshot.first else { return nil }
        let isPanic = isPanic(tracker, total: snapshot.pickableCount)
        if !isPanic {
            let member = first._withUnsafeGuaranteedRef { byChance($0, &draws, for: wish) }
            if let member { return Choice(member: member, isPanic: false) }
        }
        return byLooking(snapshot, &draws, isPanic: isPanic, for: wish)
    }

    // MARK: By chance

    private func byChance(
        _ group: EndpointGroup,
        _ draws: inout PickStripe.Draws,
        for wish: Wish
    ) -> EndpointGroup.Member? {
        // A second draw keeps one ejected or avoided endpoint among few from causing a scan.
        for _ in 0..<2 {
            let choice: EndpointGroup.Member?
            switch policy {
            case .random:
                choice = candidate(group.members[group.draw(using: &draws.random)], for: wish)
            case .weightedRoundRobin:
                let index = StaticStride.next(&draws.sequence, strides: group.strides, count: group.members.count)
                choice = candidate(group.members[index], for: wish)
            case .leastRequest, .peakEWMA:
                guard group.members.count > 1 else {
                    choice = candidate(group.members[0], for: wish)
                    break
                }
                let (first, second) = group.drawTwo(using: &draws.random)
                choice = better(group.members[first], group.members[second], for: wish)
            }
            if let choice { return choice }
        }
        return nil
    }

    private func candidate(_ member: EndpointGroup.Member, for wish: Wish) -> EndpointGroup.Member? {
        wish.avoids(member) || wish.availability(of: member) == .unavailable ? nil : member
    }

    /// The one to ask of two. A probe comes first: an endpoint that waits for one looks loaded and would never get it.
    private func better(
        _ first: EndpointGroup.Member,
        _ second: EndpointGroup.Member,
        for wish: Wish
    ) -> EndpointGroup.Member? {
        if !wish.avoiding.isEmpty {
            if wish.avoids(first) { return candidate(second, for: wish) }
            if wish.avoids(second) { return candidate(first, for: wish) }
        }
        switch (wish.availability(of: first), wish.availability(of: second)) {
        case (.available, .available): return load(second, for: wish) < load(first, for: wish) ? second : first
        case (.probe, _): return first
        case (_, .probe): return second
        case (.available, .unavailable): return first
        case (.unavailable, .available): return second
        case (.unavailable, .unavailable): return nil
        }
    }

    /// Two idle endpoints tie, whatever their weights, and the one that was drawn first, by weight, is asked: a light
    /// endpoint would otherwise never be asked while a heavy one is idle.
    private func load(_ member: EndpointGroup.Member, for wish: Wish) -> Float {
        let calls = member.node._withUnsafeGuaranteedRef { $0.calls(by: wish.stripe, at: wish.now) }
        let count = Float(calls.inFlight) * member.inverseWeight + 1
        guard case .peakEWMA(let metric) = policy else { return count }
        return member.state._withUnsafeGuaranteedRef { state in
            // An average decays so that an endpoint that nobody asks is tried again. One that is being asked has been given
            // its chance: if it decayed on, an endpoint that hangs would be flooded, because its average gets no answers
            // and a ten-thousandth of a latency times any number of calls is next to nothing.
            let latency = calls.isWaiting ? state.latency.nanoseconds : metric.latency(state.latency, at: wish.now)
            return max(latency, 1) * count
        }
    }

    // MARK: By looking at all

    /// Chance met nobody who may be asked, or availability is ignored. The rare way, which may look at every endpoint.
    @inline(never)
    private func byLooking(
        _ snapshot: EndpointSnapshot,
        _ draws: inout PickStripe.Draws,
        isPanic: Bool,
        for wish: Wish
    ) -> Choice? {
        if let choice = inOrder(snapshot, &draws, isPanic: isPanic, for: wish) { return choice }
        if !wish.avoiding.isEmpty {
            let anyone = Wish(avoiding: [], probes: wish.probes, stripe: wish.stripe, now: wish.now)
            if let choice = inOrder(snapshot, &draws, isPanic: isPanic, for: anyone) { return choice }
        }
        guard isPanic, let first = snapshot.groups.first else { return nil }
        return Choice(member: withoutRegardToHealth(first, &draws, for: wish), isPanic: true)
    }

    private func inOrder(
        _ snapshot: EndpointSnapshot,
        _ draws: inout PickStripe.Draws,
        isPanic: Bool,
        for wish: Wish
    ) -> Choice? {
        for group in snapshot.groups {
            guard let member = scan(group, &draws, for: wish) else { continue }
            // Panic ignores availability within the priority that is to be asked, it does not change the priority.
            guard isPanic else { return Choice(member: member, isPanic: false) }
            return Choice(member: withoutRegardToHealth(group, &draws, for: wish), isPanic: true)
        }
        return nil
    }

    private func scan(
        _ group: EndpointGroup,
        _ draws: inout PickStripe.Draws,
        for wish: Wish
    ) -> EndpointGroup.Member? {
        let count = group.members.count
        let start = EndpointGroup.index(below: count, from: draws.random.next())
        var found: EndpointGroup.Member?
        for offset in 0..<count {
            let index = start + offset < count ? start + offset : start + offset - count
            guard let member = candidate(group.members[index], for: wish) else { continue }
            guard let other = found else {
                found = member
                continue
            }
            // Two is what the power of two choices needs.
            if let better = better(other, member, for: wish) { return better }
            found = nil
        }
        return found
    }

    // MARK: Panic

    private func isPanic(_ tracker: any HealthTracker, total: Int) -> Bool {
        guard panicThreshold > .zero else { return false }
        let unavailable = tracker.unavailableCount
        guard unavailable > 0 else { return false }
        return panicThreshold.exceeds(total - unavailable, of: total)
    }

    private func withoutRegardToHealth(
        _ group: EndpointGroup,
        _ draws: inout PickStripe.Draws,
        for wish: Wish
    ) -> EndpointGroup.Member {
        let drawn = group.draw(using: &draws.random)
        guard wish.avoids(group.members[drawn]) else { return group.members[drawn] }
        let others = group.members[drawn...].dropFirst() + group.members[..<drawn]
        return others.first { !wish.avoids($0) } ?? group.members[drawn]
    }
}

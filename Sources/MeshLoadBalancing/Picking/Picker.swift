import MeshCore

/// Chooses an endpoint from a snapshot.
///
/// First among the available endpoints of the first priority; where chance finds none, by looking at all of them, then
/// at the next priorities. When too few are available, or none is, the panic rule decides.
struct Picker: Sendable {
    struct Picked {
        let node: EndpointNode
        let ticket: HealthTicket
    }

    let policy: LoadBalancingPolicy
    let panicThreshold: Fraction

    func pick(
        from snapshot: EndpointSnapshot,
        _ stripe: inout PickStripe.State,
        avoiding: [Address],
        tracker: any HealthTracker,
        at now: MeshInstant
    ) -> Picked? {
        guard let first = snapshot.groups.first else { return nil }
        if let picked = pickByChance(first, &stripe, avoiding: avoiding, at: now) { return picked }

        // Chance met nobody who may be asked. The rare way, which may look at every endpoint.
        if isPanic(tracker, total: snapshot.pickableCount) {
            return pickIgnoringAvailability(first, &stripe, avoiding: avoiding, at: now)
        }
        for group in snapshot.groups {
            if let picked = scan(group, &stripe, avoiding: avoiding, at: now) { return picked }
        }
        if !avoiding.isEmpty {
            for group in snapshot.groups {
                if let picked = scan(group, &stripe, avoiding: [], at: now) { return picked }
            }
        }
        return nil
    }

    // MARK: By chance

    private func pickByChance(
        _ group: EndpointGroup,
        _ stripe: inout PickStripe.State,
        avoiding: [Address],
        at now: MeshInstant
    ) -> Picked? {
        // A second draw keeps one ejected or avoided endpoint among few from causing a scan.
        for _ in 0..<2 {
            let choice: EndpointNode?
            switch policy {
            case .random:
                choice = candidate(group.nodes[group.draw(using: &stripe.random)], avoiding: avoiding, at: now)
            case .weightedRoundRobin:
                let index = StaticStride.next(&stripe.sequence, strides: group.strides, count: group.nodes.count)
                choice = candidate(group.nodes[index], avoiding: avoiding, at: now)
            case .leastRequest, .peakEWMA:
                guard group.nodes.count > 1 else {
                    choice = candidate(group.nodes[0], avoiding: avoiding, at: now)
                    break
                }
                let (first, second) = group.drawTwo(using: &stripe.random)
                choice = better(group.nodes[first], group.nodes[second], avoiding: avoiding, at: now)
            }
            if let choice, let ticket = choice.state.health.admit(at: now) {
                return Picked(node: choice, ticket: ticket)
            }
        }
        return nil
    }

    private func candidate(_ node: EndpointNode, avoiding: [Address], at now: MeshInstant) -> EndpointNode? {
        guard avoiding.isEmpty || !avoiding.contains(node.endpoint.address) else { return nil }
        return node.state.health.availability(at: now) == .unavailable ? nil : node
    }

    /// The one to ask of two. A probe comes first: an endpoint that waits for one looks loaded and would never get it.
    private func better(
        _ first: EndpointNode,
        _ second: EndpointNode,
        avoiding: [Address],
        at now: MeshInstant
    ) -> EndpointNode? {
        if !avoiding.isEmpty {
            if avoiding.contains(first.endpoint.address) { return candidate(second, avoiding: avoiding, at: now) }
            if avoiding.contains(second.endpoint.address) { return candidate(first, avoiding: [], at: now) }
        }
        switch (first.state.health.availability(at: now), second.state.health.availability(at: now)) {
        case (.available, .available): return load(second, at: now) < load(first, at: now) ? second : first
        case (.probe, _): return first
        case (_, .probe): return second
        case (.available, .unavailable): return first
        case (.unavailable, .available): return second
        case (.unavailable, .unavailable): return nil
        }
    }

    private func load(_ node: EndpointNode, at now: MeshInstant) -> Float {
        let inFlight = Float(node.state.inFlight + 1) * node.inverseWeight
        guard case .peakEWMA = policy else { return inFlight }
        // Without the floor an endpoint that was never slow, or not for long, would look idle however busy it is.
        return max(node.state.latency(at: now), 1) * inFlight
    }

    // MARK: By looking at all

    private func scan(
        _ group: EndpointGroup,
        _ stripe: inout PickStripe.State,
        avoiding: [Address],
        at now: MeshInstant
    ) -> Picked? {
        let count = group.nodes.count
        let start = EndpointGroup.index(below: count, from: stripe.random.next())
        var best: EndpointNode?
        var found = 0
        for offset in 0..<count {
            let index = start + offset < count ? start + offset : start + offset - count
            guard let node = candidate(group.nodes[index], avoiding: avoiding, at: now) else { continue }
            // Two is what the power of two choices needs.
            best = best.flatMap { better($0, node, avoiding: [], at: now) } ?? node
            found += 1
            if found == 2, let chosen = best {
                if let ticket = chosen.state.health.admit(at: now) { return Picked(node: chosen, ticket: ticket) }
                (best, found) = (nil, 0)
            }
        }
        guard let best, let ticket = best.state.health.admit(at: now) else { return nil }
        return Picked(node: best, ticket: ticket)
    }

    // MARK: Panic

    private func isPanic(_ tracker: any HealthTracker, total: Int) -> Bool {
        guard panicThreshold > .zero else { return false }
        let available = total - tracker.unavailableCount
        return Int64(available) * 1_000_000 < Int64(panicThreshold.millionths) * Int64(total)
    }

    private func pickIgnoringAvailability(
        _ group: EndpointGroup,
        _ stripe: inout PickStripe.State,
        avoiding: [Address],
        at now: MeshInstant
    ) -> Picked {
        var node = group.nodes[group.draw(using: &stripe.random)]
        if avoiding.contains(node.endpoint.address) { node = group.nodes[group.draw(using: &stripe.random)] }
        // An ordinary ticket says nothing to a breaker that is open.
        return Picked(node: node, ticket: node.state.health.admit(at: now) ?? HealthTicket())
    }
}

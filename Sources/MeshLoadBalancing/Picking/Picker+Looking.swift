import MeshCore

/// The rare ways: chance met nobody who may be asked, or too few may be asked for availability to count.
extension Picker {
    /// Chance met nobody who may be asked, or availability is ignored. The rare way, which may look at every endpoint.
    @inline(never)
    func byLooking(
        _ snapshot: EndpointSnapshot,
        from group: EndpointGroup,
        _ draws: inout PickStripe.Draws,
        isPanic: Bool,
        for wish: Wish
    ) -> Choice? {
        if !isPanic {
            var member = scanAll(snapshot, from: group, &draws, for: wish)
            if member == nil, !wish.avoiding.isEmpty {
                member = scanAll(snapshot, from: group, &draws, for: wish.ofAnyone)
            }
            if let member { return Choice(member: member, isPanic: false) }
            // The shares were counted a moment ago, and nobody has been left since. But who is merely full is not ill.
            guard panicThreshold > .zero, ceiling == nil || !hasHealthy(snapshot, at: wish.now) else { return nil }
        }
        return withoutRegardToHealth(group, &draws, for: wish).map { Choice(member: $0, isPanic: true) }
    }

    /// The group first, then the whole of each priority.
    private func scanAll(
        _ snapshot: EndpointSnapshot,
        from group: EndpointGroup,
        _ draws: inout PickStripe.Draws,
        for wish: Wish
    ) -> EndpointGroup.Member? {
        if let member = scan(group, &draws, for: wish) { return member }
        for level in snapshot.levels where level.everywhere !== group {
            if let member = scan(level.everywhere, &draws, for: wish) { return member }
        }
        return nil
    }

    private func hasHealthy(_ snapshot: EndpointSnapshot, at now: MeshInstant) -> Bool {
        snapshot.levels.contains { level in
            level.everywhere.members.contains { member in
                member.state._withUnsafeGuaranteedRef { $0.availability(at: now) == .available }
            }
        }
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
            if let better = better(other, member, &draws.glances, for: wish) { return better }
            found = nil
        }
        return found
    }

    // MARK: Panic

    func isPanic(available: Int, of total: Int) -> Bool {
        panicThreshold > .zero && panicThreshold.exceeds(available, of: total)
    }

    /// Anyone who is not full, by weight; one that is not avoided if there is one. A key stays where it lives.
    private func withoutRegardToHealth(
        _ group: EndpointGroup,
        _ draws: inout PickStripe.Draws,
        for wish: Wish
    ) -> EndpointGroup.Member? {
        if let key = wish.hashKey, let table = group.table, let owner = owner(of: key, in: table, of: group, for: wish)
        {
            return owner
        }
        let drawn = group.draw(using: &draws.random)
        if !wish.avoids(group.members[drawn]), !isFull(group.members[drawn]) { return group.members[drawn] }
        let all = group.members[drawn...] + group.members[..<drawn]
        return all.first { !wish.avoids($0) && !isFull($0) } ?? all.first { !isFull($0) }
    }
}

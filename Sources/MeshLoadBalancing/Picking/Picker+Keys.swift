import MeshCore

/// The endpoint of a call's key, within the bound of consistent hashing with bounded loads, if there is one.
extension Picker {
    /// The endpoint of the call's key, or the one that takes its place.
    func byKey(
        _ group: EndpointGroup,
        _ draws: inout PickStripe.Draws,
        for wish: Wish
    ) -> EndpointGroup.Member? {
        guard let key = wish.hashKey, let table = group.table else {
            return candidate(one(of: group, &draws, for: wish) { group.draw(using: &$0.random) }, for: wish)
        }
        guard balanceFactor == nil else { return byKey(key, in: table, withinBoundOf: group, &draws, for: wish) }
        return table.first(for: key) { index in
            let member = group.members[index]
            return candidate(member, for: wish) != nil && !sitsOut(member, &draws, for: wish)
        }.map { group.members[$0] }
    }

    // MARK: Bounded loads

    /// The endpoint of a key among those that have room.
    private func byKey(
        _ key: UInt64,
        in table: LazyHashTable,
        withinBoundOf group: EndpointGroup,
        _ draws: inout PickStripe.Draws,
        for wish: Wish
    ) -> EndpointGroup.Member? {
        let found = table.first(for: key) { index in
            let member = group.members[index]
            guard candidate(member, for: wish) != nil, !sitsOut(member, &draws, for: wish) else { return false }
            let inFlight = member.inFlight
            // Who is idle has room, whatever the others have.
            return inFlight == 0 || hasRoom(member, inFlight, under: recentLoad(of: group, &draws, for: wish))
        }
        if let found {
            draws.loads.begin(in: group)
            return group.members[found]
        }
        // The table names only so many; and what other threads do may not have been counted yet.
        for isCounted in [false, true] {
            if isCounted { draws.loads.replace(countLoad(of: group, for: wish), of: group, at: wish.now) }
            let load = recentLoad(of: group, &draws, for: wish)
            let member = group.member(from: key) { member in
                candidate(member, for: wish) != nil && hasRoom(member, member.inFlight, under: load)
            }
            guard let member else { continue }
            draws.loads.begin(in: group)
            return member
        }
        return nil
    }

    private func hasRoom(_ member: EndpointGroup.Member, _ inFlight: Int, under load: BoundedLoad) -> Bool {
        guard let balanceFactor else { return true }
        return load.hasRoom(inFlight, weight: 1 / Double(member.inverseWeight), factor: balanceFactor)
    }

    /// What those of a group that may be asked have in flight, as of a moment ago.
    private func recentLoad(of group: EndpointGroup, _ draws: inout PickStripe.Draws, for wish: Wish) -> BoundedLoad {
        draws.loads.load(of: group, at: wish.now) { countLoad(of: group, for: wish) }
    }

    /// - Complexity: O(n)
    private func countLoad(of group: EndpointGroup, for wish: Wish) -> BoundedLoad {
        group.members.reduce(into: BoundedLoad()) { load, member in
            // Who waits for a probe gets one call: what else there is must fit without it.
            guard availability(of: member, for: wish) == .available else { return }
            load.add(calls: member.inFlight, weight: 1 / Double(member.inverseWeight))
        }
    }

    /// The endpoint of a key among those that are not full, and have room if all of them count.
    func owner(
        of key: UInt64,
        in table: LazyHashTable,
        of group: EndpointGroup,
        for wish: Wish
    ) -> EndpointGroup.Member? {
        var load: BoundedLoad?
        if balanceFactor != nil {
            load = group.members.reduce(into: BoundedLoad()) { load, member in
                if !isFull(member) { load.add(calls: member.inFlight, weight: 1 / Double(member.inverseWeight)) }
            }
        }
        func accepts(_ member: EndpointGroup.Member) -> Bool {
            guard !wish.avoids(member), !isFull(member) else { return false }
            return load.map { hasRoom(member, member.inFlight, under: $0) } ?? true
        }
        if let owner = table.first(for: key, where: { accepts(group.members[$0]) }) { return group.members[owner] }
        return load == nil ? nil : group.member(from: key, where: accepts)
    }
}

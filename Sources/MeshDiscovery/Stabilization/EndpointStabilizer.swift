import MeshCore

/// Decides what an answer does to the set in force: the pure half of ``EndpointWatcher``.
///
/// Modelled on Finagle's `StabilizingAddr`: removals wait for a grace period, and while the source is not healthy they
/// are frozen.
struct EndpointStabilizer: Sendable {
    /// What to do.
    enum Decision: Hashable, Sendable {
        /// Nothing.
        case unchanged
        /// Put this set in force. `added` and `removed` count addresses; an endpoint that only changed its weight, say,
        /// is neither.
        case apply(EndpointSet, added: Int, removed: Int)
        /// The source failed: the set in force, if there is one, stays.
        case keepAfterFailure(ResolutionError)
        /// The source answered "nobody": the set in force stays.
        case keepDespiteEmpty
    }

    /// The policy.
    let policy: Stabilization

    /// The set in force; `nil` before the first good answer. Endpoints that are missing but still have grace stand at
    /// its end.
    private(set) var current: EndpointSet?

    private var leaving: [Address: MeshInstant] = [:]

    /// Creates the state before the first answer.
    init(_ policy: Stabilization = Stabilization()) {
        self.policy = policy
    }

    /// When ``settle(at:)`` has something to remove; `nil` if nothing is to leave, or the source is not healthy.
    private(set) var nextRemoval: MeshInstant?

    /// Takes an answer.
    ///
    /// - Complexity: O(n) in the sizes of the old and the new set.
    mutating func receive(_ resolution: Resolution, at now: MeshInstant) -> Decision {
        let set: EndpointSet
        switch resolution {
        case .failure(let error):
            nextRemoval = nil
            return .keepAfterFailure(error)
        case .endpoints(let answer):
            if answer.isEmpty, policy.emptyAnswer == .keepLastGood, let current, !current.isEmpty {
                nextRemoval = nil
                return .keepDespiteEmpty
            }
            set = answer
        }
        return replace(with: policy.removalGrace > .zero ? extended(set, at: now) : set)
    }

    /// Removes what has been missing for the whole grace period.
    mutating func settle(at now: MeshInstant) -> Decision {
        guard let nextRemoval, nextRemoval <= now, let current else { return .unchanged }
        let gone = leaving.filter { $0.value <= now }
        for address in gone.keys { leaving[address] = nil }
        self.nextRemoval = leaving.values.min()
        return replace(with: EndpointSet(current.endpoints.lazy.filter { gone[$0.address] == nil }))
    }

    /// `set`, and behind it what is missing in it but may still come back.
    private mutating func extended(_ set: EndpointSet, at now: MeshInstant) -> EndpointSet {
        guard let current else { return set }
        let present = Set(set.endpoints.lazy.map(\.address))
        var stillLeaving: [Address: MeshInstant] = [:]
        let lingering = current.endpoints.filter { endpoint in
            guard !present.contains(endpoint.address) else { return false }
            let end = leaving[endpoint.address] ?? now.advanced(by: policy.removalGrace)
            guard end > now else { return false }
            stillLeaving[endpoint.address] = end
            return true
        }
        leaving = stillLeaving
        nextRemoval = leaving.values.min()
        return lingering.isEmpty ? set : EndpointSet(set.endpoints + lingering)
    }

    private mutating func replace(with set: EndpointSet) -> Decision {
        guard set != current else { return .unchanged }
        let change = set.changes(since: current ?? .empty)
        current = set
        return .apply(set, added: change.added, removed: change.removed)
    }
}

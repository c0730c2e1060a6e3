import MeshCore
import Synchronization

/// Prequal as one balancer runs it: the pool of answers, whom to ask, and the asking, for all threads.
///
/// One lock for all stripes, because answers are few and all calls choose by the same ones. Held for a look at the pool.
final class PrequalPicking: Sendable {
    private struct State {
        var pool: ProbePool
        var schedule: ProbeSchedule
        var random: SplitMix64
        var prober: (any EndpointProber)?
        /// The endpoints that can be picked, by number.
        var present = NumberTable([])
        /// How many the last call chose among: of one priority, locality or subset, and of those that subsetting leaves.
        var groupSize: Int?
        /// How many calls choose among, all groups together.
        var selected = 0
        /// Whom to probe, since that was last seen to.
        var probes: [EndpointNode] = []
        /// Probes that have not ended.
        var underWay = 0
    }

    /// Probes under way, beyond which none are sent: a prober that hangs must not pile them up.
    private static let maximumUnderWay = 1024

    private let policy: Prequal
    private let clock: MeshClock
    private let state: Mutex<State>
    /// Whether somebody is to be probed, and whether the failures of some endpoint are remembered: whoever sees that there is nothing to
    /// do needs no lock for it. Written under the lock.
    private let isProbeDue = Atomic<Bool>(false)
    private let hasFailures = Atomic<Bool>(false)

    init(_ policy: Prequal, random: SplitMix64, clock: MeshClock) {
        self.policy = policy
        self.clock = clock
        state = Mutex(State(pool: ProbePool(policy), schedule: ProbeSchedule(policy), random: random))
    }

    /// The member that the answers speak for. Whom the call has probed, ``sendProbes()`` sees to.
    ///
    /// - Parameter isRepeated: Whether the call has chosen before: it probes, and takes answers out of the pool, once.
    func choose(
        from group: EndpointGroup,
        at now: MeshInstant,
        isRepeated: Bool,
        where isCandidate: (Int) -> Bool
    ) -> Int? {
        state.withLock { state in
            let number = state.pool.choose(at: now, removing: !isRepeated) { number in
                group.index(ofNumber: number).map(isCandidate) ?? false
            }
            if !isRepeated {
                state.groupSize = group.members.count
                state.schedule.call(among: group.members.count, at: now, using: &state.random)
                if state.prober != nil {
                    wantProbes(of: state.schedule.destinations.map { group.node(at: $0) }, in: &state)
                }
            }
            return number.flatMap { group.index(ofNumber: $0) }
        }
    }

    // MARK: Probes

    private func wantProbes(of nodes: [EndpointNode], in state: inout State) {
        guard !nodes.isEmpty else { return }
        state.probes += nodes
        isProbeDue.store(true, ordering: .relaxed)
    }

    func use(_ prober: any EndpointProber) {
        state.withLock { $0.prober = prober }
    }

    /// Probes whom calls want probed. Not under the lock of a stripe, because it makes tasks.
    func sendProbes() {
        guard isProbeDue.load(ordering: .relaxed) else { return }
        let due: (prober: any EndpointProber, probes: ArraySlice<EndpointNode>)? = state.withLock { state in
            guard !state.probes.isEmpty, let prober = state.prober else { return nil }
            let probes = state.probes.prefix(Self.maximumUnderWay - state.underWay)
            state.probes = []
            isProbeDue.store(false, ordering: .relaxed)
            state.underWay += probes.count
            return (prober, probes)
        }
        guard let (prober, probes) = due else { return }
        for node in probes {
            let (endpoint, number) = (node.endpoint, node.state.number)
            // Detached, because the call's span and baggage are not the probe's.
            Task.detached(executorPreference: clock.executor) { [weak self, clock, timeout = policy.probeTimeout] in
                let start = clock.now
                let response = await prober.probe(endpoint, timeout: timeout)
                let now = clock.now
                self?.probeEnded(start.duration(to: now) <= timeout ? response : nil, from: number, at: now)
            }
        }
    }

    private func probeEnded(_ response: ProbeResponse?, from number: UInt32, at now: MeshInstant) {
        state.withLock { $0.underWay -= 1 }
        if let response { record(response, from: number, at: now) }
    }

    /// Probes some of `nodes` if there were no probes for a while.
    ///
    /// - Returns: When to look again; `nil` for never.
    func probeAfterPause(among nodes: ContiguousArray<EndpointNode>, at now: MeshInstant) -> MeshInstant? {
        let next = state.withLock { state in
            state.schedule.pause(among: nodes.count, at: now, using: &state.random)
            if state.prober != nil { wantProbes(of: state.schedule.destinations.map { nodes[$0] }, in: &state) }
            return state.schedule.nextPause
        }
        sendProbes()
        return next
    }

    // MARK: Answers and outcomes

    /// The endpoints that can be picked from now on. What is known of others is forgotten.
    func update(_ numbers: NumberTable) {
        // Handed out, so that it dies after the lock is let go.
        _ = state.withLock { state in
            let old = state.present
            state.present = numbers
            state.groupSize = nil
            state.pool.retain { numbers.contains($0) }
            hasFailures.store(state.pool.hasFailures, ordering: .relaxed)
            return old
        }
    }

    /// So many of them are left by subsetting.
    func select(_ count: Int) {
        state.withLock { $0.selected = count }
    }

    func record(_ response: ProbeResponse, from number: UInt32, at now: MeshInstant) {
        state.withLock { state in
            guard state.present.contains(number) else { return }
            let count = state.groupSize ?? state.selected
            state.pool.insert(response, from: number, among: count, of: state.selected, at: now, using: &state.random)
        }
    }

    func record(_ verdict: Outcome.Verdict, of number: UInt32, at now: MeshInstant) {
        switch verdict {
        case .inconclusive: return
        case .success where !hasFailures.load(ordering: .relaxed): return
        case .success, .failure, .overloaded: break
        }
        state.withLock { state in
            guard state.present.contains(number) else { return }
            state.pool.record(verdict, of: number, at: now)
            hasFailures.store(state.pool.hasFailures, ordering: .relaxed)
        }
    }
}

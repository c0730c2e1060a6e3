public import MeshCore
import Synchronization

/// Spreads the calls to one service over its endpoints.
///
/// ```swift
/// let balancer = LoadBalancer(endpoints: [Endpoint(try Address("10.0.0.1:80")), Endpoint(try Address("10.0.0.2:80"))])
/// let lease = try balancer.pick(at: clock.now)
/// // ask lease.endpoint
/// lease.end(.success, at: clock.now)
/// ```
///
/// Usable from any number of threads. Threads are spread over stripes, each with its own generator, its own reference to
/// the current endpoints and its own count of the calls to each, so that two cores that pick at once do not meet. A
/// stripe sees the calls of the others at most 65 us late, or somewhat later where it picks more than 60,000 times a second. An update builds the new snapshot aside and swaps the
/// references: no pick waits for it.
public final class LoadBalancer: Sendable {
    private let picker: Picker
    private let stripes: [PickStripe]
    private let tracker: any HealthTracker
    private let numbers = Atomic<UInt32>(0)
    private let clock: MeshClock
    private let surroundings: EndpointNode.Surroundings
    private let prequal: PrequalPicking?
    private let aperture: ApertureController?
    /// How to choose while nothing stands in the way; `nil` if something always does.
    private let plainChoice: PlainChoice?
    /// Whether there is anything to do for a call once its endpoint is chosen: one look instead of one for each.
    private let hasUpkeep: Bool
    /// The seed of the order in which subsetting takes endpoints.
    private let rankSeed: UInt64?
    private let known: Mutex<Known>
    private let current: Mutex<EndpointSnapshot>

    /// What updates change, one at a time.
    private struct Known {
        var endpoints = KnownEndpoints()
        var narrowing: Narrowing
    }

    /// The policy that it follows.
    public let policy: LoadBalancingPolicy
    /// What narrows the choice before the policy chooses.
    public let routing: EndpointRouting

    /// Creates a balancer.
    ///
    /// - Parameters:
    ///   - policy: How it chooses; peak EWMA unless said otherwise.
    ///   - endpoints: The endpoints to begin with.
    ///   - health: Who says which endpoints may be asked; everyone may unless said otherwise.
    ///   - routing: What narrows the choice before the policy chooses: priorities, localities, subsets, slow start.
    ///   - clock: The clock that `update` reads.
    ///   - seed: For a reproducible sequence of picks on one stripe. `nil`, the default, seeds from the system and uses
    ///     as many stripes as the machine's cores need.
    ///   - drained: Called once for every endpoint that left the set, when the last call to it has ended: its connections
    ///     can be closed. Runs on the thread that ends the call or updates the set.
    public init(
        policy: LoadBalancingPolicy = .peakEWMA,
        endpoints: EndpointSet = .empty,
        health: any HealthTracker = AlwaysHealthy(),
        routing: EndpointRouting = EndpointRouting(),
        clock: MeshClock = .continuous,
        seed: UInt64? = nil,
        drained: @escaping @Sendable (Endpoint) -> Void = { _ in }
    ) {
        self.policy = policy
        self.tracker = health
        self.clock = clock
        self.routing = routing
        let empty = EndpointSnapshot([], policy: policy, routing: routing)
        var seeds = SplitMix64(seed: seed ?? .random(in: .min ... .max))
        let count = seed == nil ? Stripe.recommendedCount : 1
        self.stripes = (0..<count).map { _ in PickStripe(snapshot: empty, random: SplitMix64(seed: seeds.next())) }
        let prequal: PrequalPicking? =
            if case .prequal(let rule) = policy {
                PrequalPicking(rule, random: SplitMix64(seed: seeds.next()), clock: clock)
            } else {
                nil
            }
        self.prequal = prequal
        let narrowing = Narrowing(routing.subsetting, using: &seeds)
        rankSeed = routing.subsetting.seed(using: &seeds)
        aperture =
            if case .arc(let arc) = narrowing, let band = routing.subsetting.loadBand {
                ApertureController(band, minimum: arc.minimum)
            } else {
                nil
            }
        hasUpkeep = prequal != nil || aperture != nil
        plainChoice = hasUpkeep ? nil : PlainChoice(policy, routing)
        self.picker = Picker(policy: policy, routing: routing, prequal: prequal)
        self.surroundings = EndpointNode.Surroundings(
            policy: policy,
            stripes: CallCount.stripes(for: count),
            prequal: prequal,
            drained: drained
        )
        self.known = Mutex(Known(narrowing: narrowing))
        self.current = Mutex(empty)
        if !endpoints.isEmpty { update(endpoints) }
    }

    deinit {
        // Calls in flight outlive the balancer, and keep what they need.
        known.withLock { known in
            for node in known.endpoints.nodes { node.close() }
        }
    }

    /// Picks an endpoint and takes a lease on it.
    ///
    /// Costs the same for two choices whatever the number of endpoints. Does not suspend. Does not allocate, but for the
    /// tasks of probes (``Prequal`` with an ``EndpointProber``) and what a policy of your own does.
    ///
    /// - Parameters:
    ///   - now: The current instant.
    ///   - avoiding: Endpoints to be passed over as long as there is another.
    ///   - hashKey: Calls with the same key go to the same endpoint, if the policy hashes.
    ///   - subset: The endpoints that may take the call; `nil` for those that ``EndpointRouting/subsets`` says.
    /// - Throws: ``PickError``.
    public func pick(
        at now: MeshInstant,
        avoiding: [Address] = [],
        hashKey: UInt64? = nil,
        subset: EndpointSubset? = nil
    ) throws(PickError) -> Lease {
        let stripe = Stripe.current(of: Stripe.maximum)
        if let plainChoice, avoiding.isEmpty, subset == nil, tracker.unavailableCount == 0,
            let node = choose(by: plainChoice, hashKey: hashKey, stripe: stripe, at: now)
        {
            if let ticket = node._withUnsafeGuaranteedRef({ $0.admit(at: now) }) {
                return Lease(node: node, ticket: ticket, at: now)
            }
            // It was ejected this instant.
            node._withUnsafeGuaranteedRef { $0.endWaiting() }
        }
        return try pickCarefully(on: stripe, at: now, avoiding: avoiding, hashKey: hashKey, subset: subset)
    }

    /// Chooses among endpoints that may all be asked; `nil` if there is more than one group of them.
    @inline(__always)
    private func choose(
        by choice: PlainChoice,
        hashKey: UInt64?,
        stripe: Int,
        at now: MeshInstant
    ) -> Unmanaged<EndpointNode>? {
        // Neither the stripe nor the snapshot is counted: see ``EndpointGroup/Member``.
        Unmanaged.passUnretained(stripes[stripe & (stripes.count - 1)])._withUnsafeGuaranteedRef { own in
            own.state.withLock { state in
                guard let only = Unmanaged.passUnretained(state.snapshot)._withUnsafeGuaranteedRef({ $0.only }) else {
                    return nil
                }
                let member = only._withUnsafeGuaranteedRef { group in
                    choice.member(of: group, &state.draws, hashKey: hashKey, stripe: stripe, at: now)
                }
                // Begun before the lock is let go: an update that removes the endpoint later knows of the call.
                member.node._withUnsafeGuaranteedRef { $0.begin(on: stripe) }
                return member.node
            }
        }
    }

    /// Picks with regard to everything that may stand in the way.
    @inline(never)
    private func pickCarefully(
        on stripe: Int,
        at now: MeshInstant,
        avoiding: [Address],
        hashKey: UInt64?,
        subset: EndpointSubset?
    ) throws(PickError) -> Lease {
        for round in 0..<4 {
            let probes = round == 0 ? Picker.Probes.allowed : .passedOver
            let wish = Picker.Wish(
                avoiding: avoiding,
                probes: probes,
                stripe: stripe,
                now: now,
                hashKey: hashKey,
                subset: subset
            )
            let choice = choose(for: wish)
            if hasUpkeep { keepUp(at: now) }
            guard let choice else { break }
            if let ceiling = routing.maximumInFlight {
                // So that of two calls that take the last place on two stripes at least one sees the other.
                atomicMemoryFence(ordering: .sequentiallyConsistent)
                if choice.node._withUnsafeGuaranteedRef({ $0.inFlight > ceiling }) {
                    choice.node._withUnsafeGuaranteedRef { $0.endWaiting() }
                    continue
                }
            }
            // Outside the lock, because a breaker tells of its probe and whoever hears of it may pick.
            if let ticket = choice.node._withUnsafeGuaranteedRef({ $0.admit(at: now) }) {
                return Lease(node: choice.node, ticket: ticket, at: now)
            }
            // An ordinary ticket says nothing to a breaker that is open.
            if choice.isPanic { return Lease(node: choice.node, ticket: HealthTicket(), at: now) }
            // Another call got the probe, or the endpoint was ejected this instant.
            choice.node._withUnsafeGuaranteedRef { $0.endWaiting() }
        }
        throw failure(for: subset, at: now)
    }

    private func choose(for wish: Picker.Wish) -> (node: Unmanaged<EndpointNode>, isPanic: Bool)? {
        // Neither the stripe nor the snapshot is counted: see ``EndpointGroup/Member``.
        Unmanaged.passUnretained(stripes[wish.stripe & (stripes.count - 1)])._withUnsafeGuaranteedRef { stripe in
            stripe.state.withLock { state in
                let choice = Unmanaged.passUnretained(state.snapshot)._withUnsafeGuaranteedRef { snapshot in
                    picker.choose(from: snapshot, &state.draws, tracker: tracker, for: wish)
                }
                guard let choice else { return nil }
                // Begun before the lock is let go: an update that removes the endpoint later knows of the call.
                choice.member.node._withUnsafeGuaranteedRef { $0.begin(on: wish.stripe) }
                return (choice.member.node, choice.isPanic)
            }
        }
    }

    /// What an update changed.
    public struct Change: Hashable, Sendable {
        /// Endpoints that are new.
        public let added: [Endpoint]
        /// Endpoints that are gone. Calls to them that are under way end normally.
        public let removed: [Endpoint]
    }

    /// Replaces the endpoints. What was learnt about an address that stays is kept, even if its weight, priority or
    /// metadata changed. The same set again changes nothing.
    ///
    /// - Complexity: O(n): a comparison for each endpoint that stands where it stood, a lookup for others.
    @discardableResult
    public func update(_ set: EndpointSet) -> Change {
        let now = clock.now
        let latency = surroundings.metric.initial(at: now)
        let change = known.withLock { known in
            let change = known.endpoints.update(set) { endpoint, old in
                guard let old else {
                    return EndpointNode(
                        endpoint: endpoint,
                        state: newState(of: endpoint, latency, at: now),
                        in: surroundings
                    )
                }
                // Inside the lock, so that the last description to come into force is the last that is told.
                old.state.update(endpoint)
                return EndpointNode(endpoint: endpoint, state: old.state, in: surroundings)
            }
            guard !change.isNone else { return change }
            let nodes = known.endpoints.nodes
            prequal?.update(NumberTable(nodes.filter { $0.endpoint.takesCalls }.map { $0.state.number }))
            install(EndpointSnapshot(nodes, policy: policy, routing: routing, narrowing: known.narrowing))
            return change
        }
        // No stripe picks them any more; what was picked before has begun.
        for (old, _) in change.replaced { old.close() }
        for node in change.removed { node.remove() }
        return Change(added: change.added, removed: change.removed.map(\.endpoint))
    }

    private func newState(of endpoint: Endpoint, _ latency: PeakEWMA.Packed, at now: MeshInstant) -> EndpointState {
        EndpointState(
            health: tracker.track(endpoint),
            latency: latency,
            reported: surroundings.reports == nil ? nil : ReportedLoad(),
            number: nextNumber(),
            name: policy.hashes ? "\(endpoint.address)" : "",
            rank: rankSeed.map { XXH64.hash("\(endpoint.address)", seed: $0) } ?? 0,
            at: now
        )
    }

    /// Puts a snapshot in force. Only under the lock of ``known``.
    private func install(_ snapshot: EndpointSnapshot) {
        if policy.hashes { snapshot.prepareTables(after: current.withLock { $0 }) }
        if let prequal { prequal.select(snapshot.selected.count) }
        let old = current.withLock { current in
            let old = current
            current = snapshot
            return old
        }
        // The old snapshot dies after the last lock is let go: freeing it takes as long as building it did.
        withExtendedLifetime(old) {
            for stripe in stripes { stripe.state.withLock { $0.replace(snapshot) } }
        }
    }

    // MARK: Subsetting

    /// Says where this instance stands among all instances of its service, for an ``Aperture``; of no consequence without one.
    ///
    /// What was learnt about endpoints is kept, of those too that are outside from now on. Calls under way end normally.
    ///
    /// - Complexity: O(n log n); nothing if the coordinate is the same as before.
    public func update(_ coordinate: ProcessCoordinate) {
        known.withLock { renarrow(&$0) { $0.coordinate = coordinate } }
    }

    /// Only under the lock of ``known``.
    private func renarrow(_ known: inout Known, _ change: (inout Narrowing.Arc) -> Void) {
        guard case .arc(var arc) = known.narrowing else { return }
        change(&arc)
        let (old, new) = (known.narrowing, Narrowing.arc(arc))
        guard new != old else { return }
        known.narrowing = new
        let snapshot = current.withLock { $0 }
        guard snapshot.differs(under: new, from: old) else { return }
        install(EndpointSnapshot(snapshot.nodes, policy: policy, routing: routing, narrowing: new))
    }

    /// What is to be done now and then, and calls see to.
    private func keepUp(at now: MeshInstant) {
        prequal?.sendProbes()
        guard let aperture, aperture.isDue(at: now) else { return }
        let snapshot = current.withLock { $0 }
        let endpoints = aperture.observe(inFlight: snapshot.inFlight, of: snapshot.pickableCount, at: now)
        // A call does not wait for an update: the next one sees to it.
        _ = known.withLockIfAvailable { renarrow(&$0) { $0.endpoints = endpoints } }
    }

    // MARK: Probes

    /// Says who asks endpoints how loaded they are, for ``Prequal``; of no consequence for other policies.
    ///
    /// Probes run in tasks of their own, on the executor of the balancer's clock.
    public func probe(by prober: some EndpointProber) {
        prequal?.use(prober)
    }

    /// Probes, if there have been no probes for ``Prequal/idleProbeInterval``.
    ///
    /// - Returns: When to call again; `nil` for never.
    @discardableResult
    public func probeAfterPause(at now: MeshInstant) -> MeshInstant? {
        guard let prequal else { return nil }
        let nodes = current.withLock { $0 }.selected
        return prequal.probeAfterPause(among: nodes, at: now)
    }

    /// What an endpoint answered to a probe.
    public func record(_ response: ProbeResponse, from address: Address, at now: MeshInstant) {
        guard let prequal, let node = known.withLock({ $0.endpoints[address] }) else { return }
        prequal.record(response, from: node.state.number, at: now)
    }

    /// How an endpoint looks to the balancer.
    public struct EndpointStatus: Sendable {
        /// The endpoint.
        public let endpoint: Endpoint
        /// Calls whose leases have not ended.
        public let inFlight: Int
        /// The latency that counts now (peak EWMA).
        public let latency: Duration
        /// Whether it may be asked.
        public let availability: Availability
        /// Whether subsetting leaves it to this instance; without ``EndpointRouting/subsetting`` always.
        public let isSelected: Bool
    }

    /// All endpoints as they look now, in the order of their set.
    ///
    /// - Complexity: O(n)
    public func status(at now: MeshInstant) -> [EndpointStatus] {
        let snapshot = current.withLock { $0 }
        let selected = rankSeed == nil ? nil : Set(snapshot.everySelected.lazy.map(\.endpoint.address))
        return snapshot.nodes.map { node in
            EndpointStatus(
                endpoint: node.endpoint,
                inFlight: node.inFlight,
                latency: .nanoseconds(Int64(min(surroundings.metric.latency(node.state.latency, at: now), 9e18))),
                availability: node.state.availability(at: now),
                isSelected: selected?.contains(node.endpoint.address) ?? true
            )
        }
    }

    /// Whether there is an endpoint with this address.
    ///
    /// - Complexity: O(1); may wait for an update.
    public func contains(_ address: Address) -> Bool { known.withLock { $0.endpoints[address] != nil } }

    private func nextNumber() -> UInt32 {
        prequal == nil ? 0 : numbers.wrappingAdd(1, ordering: .relaxed).newValue
    }

    /// Whether the leases of the current endpoints have all been ended, and none of them twice: what ended twice would make
    /// room for a call that nobody counts.
    package var isSettled: Bool { current.withLock { $0 }.nodes.allSatisfy(\.isSettled) }

    /// How many endpoints there are.
    var endpointCount: Int { current.withLock { $0.nodes.count } }

    private func failure(for subset: EndpointSubset?, at now: MeshInstant) -> PickError {
        let snapshot = current.withLock { $0 }
        guard snapshot.pickableCount > 0 else { return .noEndpoints }
        guard let part = snapshot.narrowed(to: subset) else {
            return .noEndpointsInSubset(subset ?? routing.subsets.default ?? [:], total: snapshot.pickableCount)
        }
        if let ceiling = routing.maximumInFlight {
            // Someone who may be asked was not: all of them were full a moment ago.
            let open = part.selected.count { $0.state.availability(at: now) != .unavailable }
            if open > 0 { return .full(total: open, ceiling: ceiling) }
        }
        guard part.isNarrowed else {
            return .unavailable(total: part.pickableCount, ejected: tracker.unavailableCount)
        }
        let selected = part.selected
        let ejected = selected.count { $0.state.availability(at: now) == .unavailable }
        return .unavailable(total: selected.count, ejected: ejected)
    }
}

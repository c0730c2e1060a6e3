import MeshCore

/// The answers to probes that a client chooses by: Prequal's probe pool and its rule, without clock, lock or chance of its
/// own.
///
/// An endpoint is known by a number that the owner gives it and that stays with it when the set changes. There is at most
/// one answer of an endpoint, the last.
///
/// Every operation takes time in proportion to the size of the pool and allocates nothing once the pool has been made.
struct ProbePool: Sendable {
    private struct Entry {
        let target: UInt32
        /// As the endpoint said, and one more for each call that was sent there since.
        var requestsInFlight: UInt32
        /// In nanoseconds.
        let latency: Float
        let receivedAt: MeshInstant
        var usesLeft: Int
        var failureShare: Float

        /// The expected time to a success.
        var expectedLatency: Float { latency / (1 - failureShare) }
    }

    /// From best to worst.
    private enum Rank: Int {
        case cold, hot, failing
    }

    private enum Removal { case oldest, worst }

    private let policy: Prequal
    /// Nanoseconds.
    private let ageLimit: UInt64
    /// In the order in which they came.
    private var entries: ContiguousArray<Entry> = []
    private var recent = RecentLoads()
    private var failures: FailureShares
    private var removals: FractionalRate
    private var nextRemoval = Removal.oldest

    init(_ policy: Prequal) {
        self.policy = policy
        ageLimit = UInt64(policy.probeAgeLimit.clampedNanoseconds)
        failures = FailureShares(halfLife: policy.failureHalfLife)
        removals = FractionalRate(policy.removalRate)
        entries.reserveCapacity(policy.poolSize + 1)
    }

    /// How many answers there are, of any age.
    var count: Int { entries.count }

    /// The requests in flight above which an endpoint is hot.
    var hotThreshold: UInt32 {
        // Otherwise the calls that are sent there since would make the busiest hot.
        policy.hotQuantile == .one ? .max : recent.quantile(policy.hotQuantile) ?? .max
    }

    /// Whether an endpoint has failed lately.
    var hasFailures: Bool { !failures.isEmpty }

    // MARK: Answers

    /// Takes the answer of an endpoint, be it to a probe or on the back of a response.
    ///
    /// - Parameters:
    ///   - count: How many endpoints a call chooses among, which says how often an answer may be used, and how many are
    ///     kept for each group of so many.
    ///   - total: How many endpoints there are in all groups; as many as `count` unless said otherwise.
    ///   - now: When the answer came.
    mutating func insert(
        _ response: ProbeResponse,
        from target: UInt32,
        among count: Int,
        of total: Int? = nil,
        at now: MeshInstant,
        using random: inout SplitMix64
    ) {
        let requestsInFlight = UInt32(clamping: response.requestsInFlight)
        recent.record(requestsInFlight)
        if let known = entries.firstIndex(where: { $0.target == target }) {
            entries.remove(at: known)
        }
        let room = policy.poolSize(among: count, of: total ?? count) - 1
        if entries.count > room { entries.removeFirst(entries.count - room) }
        entries.append(
            Entry(
                target: target,
                requestsInFlight: requestsInFlight,
                latency: Float(response.latency?.clampedNanoseconds ?? 0),
                receivedAt: now,
                usesLeft: Self.rounded(policy.meanReuse(among: count), using: &random),
                failureShare: failures.share(of: target, at: now)
            )
        )
    }

    /// Takes the end of a call to an endpoint.
    mutating func record(_ verdict: Outcome.Verdict, of target: UInt32, at now: MeshInstant) {
        guard let share = failures.record(verdict, of: target, at: now),
            let index = entries.firstIndex(where: { $0.target == target })
        else { return }
        entries[index].failureShare = share
    }

    /// Forgets the endpoints that have left.
    mutating func retain(where isPresent: (UInt32) -> Bool) {
        entries.removeAll { !isPresent($0.target) }
        failures.retain(where: isPresent)
    }

    // MARK: Choice

    /// Chooses the endpoint of one call and counts the call there; then takes out what a call takes out.
    ///
    /// - Parameters:
    ///   - removes: Whether it takes anything out beside the answer that it uses up: not if it chooses again.
    ///   - isEligible: Whether the endpoint may be asked by this call.
    /// - Returns: `nil` if fewer answers than ``Prequal/minimumPoolSize`` are of endpoints that may be asked, or if all of
    ///   those are failing: the endpoint is to be drawn at random.
    mutating func choose(
        at now: MeshInstant,
        removing removes: Bool = true,
        where isEligible: (UInt32) -> Bool = { _ in true }
    ) -> UInt32? {
        // In the order in which they came, so that the first is the oldest, give or take what the clocks of two threads differ.
        while let first = entries.first, now.nanoseconds(since: first.receivedAt) > ageLimit { entries.removeFirst() }
        let index = best(where: isEligible)
        let target = index.map { use($0) }
        if removes {
            for _ in 0..<removals.next() { removeOne() }
        }
        return target
    }

    /// Whether an endpoint may be asked is looked up only where it matters: for as many as a choice needs, and for those that
    /// are better than the best so far.
    private func best(where isEligible: (UInt32) -> Bool) -> Int? {
        let threshold = hotThreshold
        var eligible = 0
        var best: Int?
        for index in entries.indices {
            // Of equals the newer one.
            let isCandidate =
                rank(entries[index], threshold) != .failing
                && best.map { !isBetter(entries[$0], than: entries[index], threshold) } ?? true
            guard isCandidate || eligible < policy.minimumPoolSize, isEligible(entries[index].target) else { continue }
            eligible += 1
            if isCandidate { best = index }
        }
        return eligible >= policy.minimumPoolSize ? best : nil
    }

    private mutating func use(_ index: Int) -> UInt32 {
        let target = entries[index].target
        if entries[index].usesLeft <= 1 {
            entries.remove(at: index)
        } else {
            entries[index].usesLeft -= 1
            if entries[index].requestsInFlight < .max { entries[index].requestsInFlight += 1 }
        }
        return target
    }

    /// Never leaves fewer than a choice needs: with few endpoints the pool would otherwise be emptied faster than probes,
    /// which replace each other's answers, can fill it.
    private mutating func removeOne() {
        guard entries.count > policy.minimumPoolSize else { return }
        switch nextRemoval {
        case .oldest:
            entries.removeFirst()
            nextRemoval = .worst
        case .worst:
            let threshold = hotThreshold
            var worst = 0
            for index in entries.indices.dropFirst() where isBetter(entries[worst], than: entries[index], threshold) {
                worst = index
            }
            entries.remove(at: worst)
            nextRemoval = .oldest
        }
    }

    private func rank(_ entry: Entry, _ threshold: UInt32) -> Rank {
        if entry.failureShare > FailureShares.limit { return .failing }
        return entry.requestsInFlight > threshold ? .hot : .cold
    }

    /// The hot-cold lexicographic rule.
    private func isBetter(_ first: Entry, than second: Entry, _ threshold: UInt32) -> Bool {
        let ranks = (rank(first, threshold), rank(second, threshold))
        guard ranks.0 == ranks.1 else { return ranks.0.rawValue < ranks.1.rawValue }
        switch ranks.0 {
        case .cold:
            return (first.expectedLatency, first.requestsInFlight) < (second.expectedLatency, second.requestsInFlight)
        case .hot:
            return (first.requestsInFlight, first.expectedLatency) < (second.requestsInFlight, second.expectedLatency)
        case .failing:
            return first.failureShare < second.failureShare
        }
    }

    /// A whole number whose mean is `value`.
    private static func rounded(_ value: Double, using random: inout SplitMix64) -> Int {
        let whole = value.rounded(.down)
        return Int(whole) + (random.unit() < value - whole ? 1 : 0)
    }
}

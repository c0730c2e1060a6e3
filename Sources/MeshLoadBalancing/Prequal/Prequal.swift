public import MeshCore

/// Probing to reduce queuing and latency: the client asks a few endpoints for each call how loaded they are, keeps their
/// answers for a moment, and sends the call where the answers are best.
///
/// Wydrowski, Kleinberg, Rumble, Archer, "Load is not what you should balance: Introducing Prequal", NSDI 2024
/// (arXiv 2312.10172). The asynchronous mode: no call waits for a probe. The defaults are the baseline of the paper's
/// testbed unless said otherwise. Among the endpoints of which there are answers:
///
/// - An endpoint is *hot* if it has more requests in flight than ``hotQuantile`` of the recent answers.
/// - If any are cold, the cold one with the lowest latency is chosen; otherwise the hot one with the fewest in flight.
///
/// The weights of endpoints do not matter to it, but for 0: what an endpoint can do shows in its answers. The event `weightsIgnored`
/// of a mesh tells if there are some.
public struct Prequal: Hashable, Sendable {
    /// Probes for each call: 3 by default, from 0 to 100; 0.5 is one for every second call. The paper found no difference
    /// down to 1 and a clear loss below (figure 8).
    public let probeRate: Double
    /// How many answers are kept: 16 by default, from 2 to 256. When there are more the oldest goes.
    ///
    /// Never those of more than a sixth of the endpoints that a call chooses among, rounded up, but three at least: in a small fleet
    /// fewer answers are fresher, and so better. The default matters from 91 endpoints on.
    public let poolSize: Int
    /// How long an answer counts: 1 s by default.
    public let probeAgeLimit: Duration
    /// How many answers each call takes out of the pool beside the one that it uses up, the oldest and the worst by turns,
    /// so that what is left is neither stale nor only the bad: 1 by default, from 0 to 100.
    public let removalRate: Double
    /// By how much more answers may be used than come in (the paper's δ): 1 by default, 0 or more. An answer may be used
    /// `max(1, (1 + δ) / ((1 - m / n) × probe rate - removal rate))` times on average, for a pool of m answers among n endpoints,
    /// but at most m times.
    public let reuseSlack: Double
    /// Above which part of the recent answers an endpoint is hot: 2^-0.25, about 0.84, by default. With 0 the requests in
    /// flight decide, and latency only between equals; with 1 latency alone does. The paper found 0.6 to 0.9 good.
    public let hotQuantile: Fraction
    /// How long a probe may take: 3 ms by default, as in a data centre. An answer that is late is dropped.
    public let probeTimeout: Duration
    /// After this time without probes some are sent all the same, so that the first call after a pause need not choose
    /// blindly: half of ``probeAgeLimit`` by default, which costs six probes a second. `nil` sends none. The paper has such
    /// an interval, but no figure.
    public let idleProbeInterval: Duration?
    /// With fewer answers than this the endpoint is drawn at random: 2 by default, from 1 to ``poolSize``.
    public let minimumPoolSize: Int
    /// How long it takes to forget half of an endpoint's failures: 10 s by default.
    ///
    /// An endpoint that fails quickly looks idle and fast and would attract calls (*sinkholing*). The paper says that it
    /// guards against that and not how. Here the latency of an endpoint of whose calls the share f has failed lately counts
    /// 1 / (1 - f) times, the expected time to a success; and one of which more than half has failed, which is three
    /// failures in a row, is not chosen.
    public let failureHalfLife: Duration

    /// Creates the policy.
    ///
    /// - Precondition: All are in the ranges that their documentation gives; durations are positive.
    public init(
        probeRate: Double = 3,
        poolSize: Int = 16,
        probeAgeLimit: Duration = .seconds(1),
        removalRate: Double = 1,
        reuseSlack: Double = 1,
        hotQuantile: Fraction = 0.840_896,
        probeTimeout: Duration = .milliseconds(3),
        idleProbeInterval: Duration? = .milliseconds(500),
        minimumPoolSize: Int = 2,
        failureHalfLife: Duration = .seconds(10)
    ) {
        precondition((0...100).contains(probeRate), "the probe rate must lie between 0 and 100")
        precondition((2...256).contains(poolSize), "the pool must have room for 2 to 256 answers")
        precondition((0...100).contains(removalRate), "the removal rate must lie between 0 and 100")
        precondition(reuseSlack >= 0 && reuseSlack.isFinite, "the slack must not be negative")
        precondition((1...poolSize).contains(minimumPoolSize), "the pool cannot be that full")
        precondition(probeAgeLimit > .zero && probeTimeout > .zero && failureHalfLife > .zero)
        if let idleProbeInterval { precondition(idleProbeInterval > .zero) }
        self.probeRate = probeRate
        self.poolSize = poolSize
        self.probeAgeLimit = probeAgeLimit
        self.removalRate = removalRate
        self.reuseSlack = reuseSlack
        self.hotQuantile = hotQuantile
        self.probeTimeout = probeTimeout
        self.idleProbeInterval = idleProbeInterval
        self.minimumPoolSize = minimumPoolSize
        self.failureHalfLife = failureHalfLife
    }

    /// How many answers are kept among a number of endpoints: ``poolSize``, but of at most a sixth of them.
    ///
    /// The paper's pool holds the answers of 16 of 100. One that holds nearly all is not a choice of the freshest answers but a
    /// memory of old ones, and a call follows them to the few servers that looked best a while ago. Three remain, so that there
    /// is something to remove beside the two that a choice needs.
    func poolSize(among count: Int) -> Int {
        min(poolSize, max((count + 5) / 6, minimumPoolSize + 1))
    }

    /// The same where all groups, priorities, localities and subsets, share one pool: as much for each group of `count`, so that no group
    /// takes the answers of another.
    func poolSize(among count: Int, of total: Int) -> Int {
        let groups = max(1, (total + count - 1) / max(count, 1))
        return min(poolSize, poolSize(among: count) * groups)
    }

    /// How often an answer may be used, on average, among a number of endpoints: the paper's
    /// `max(1, (1 + δ) / ((1 - m / n) × probe rate - removal rate))` for a pool of m and n endpoints, but at most m.
    ///
    /// Below the line stands how fast the pool grows with a call: a probe of an endpoint of which there is an answer
    /// already replaces it and adds none, and a share of m / n of the probes do that. With very few endpoints (4 and fewer by
    /// default), or few probes, it does not grow, and the formula has no answer. The cap, and that it holds there, are ours: one
    /// answer serves no more calls than a full pool would if each of its answers served one.
    func meanReuse(among count: Int) -> Double {
        let limit = Double(poolSize(among: count))
        let growth = (1 - limit / Double(max(count, 1))) * probeRate - removalRate
        guard growth > 0 else { return limit }
        return min(max(1, (1 + reuseSlack) / growth), limit)
    }
}

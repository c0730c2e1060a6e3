/// How the balancer chooses among the endpoints that may be asked.
///
/// ``peakEWMA(_:)`` is the default: it follows latency, so it takes traffic off an endpoint that is slow long before a
/// breaker would. All of ours honour weights, but for ``prequal(_:)`` and, once there are reports, ``reportedWeights(_:)``:
/// there what an endpoint can do shows in what it says, and a mesh whose endpoints have unequal weights all the same publishes the
/// event `weightsIgnored`. An endpoint of weight 0 gets nothing under any policy.
public enum LoadBalancingPolicy: Hashable, Sendable {
    /// Any endpoint, by weight. No state, no knowledge. The least that a fleet of many clients needs.
    case random
    /// One after the other, by weight: gRPC's static stride scheduler (gRFC A58), which interleaves a heavy endpoint's
    /// turns instead of bunching them. Each stripe of threads walks its own round.
    case weightedRoundRobin
    /// One after the other, by the load that they report: client-side weighted round robin of gRPC and Envoy (gRFC A58).
    /// Until two have reported the weights of the set count, as in ``weightedRoundRobin``; afterwards reports alone do, and an
    /// endpoint without one counts as the mean.
    case reportedWeights(ReportedWeights)
    /// Of two or more endpoints drawn by weight, the one with the fewest calls in flight for its weight.
    case leastRequest(LeastRequest)
    /// Of two endpoints drawn by weight, the one whose latency times calls in flight is lower.
    case peakEWMA(PeakEWMA)
    /// By what endpoints answer to probes. Needs an ``EndpointProber``, or answers on the back of responses; without any it is
    /// ``random``.
    case prequal(Prequal)
    /// By the call's `CallContext.hashKey`, on a ring. A call without a key goes to any endpoint, by weight.
    case ringHash(RingHash)
    /// By the call's `CallContext.hashKey`, in a table. A call without a key goes to any endpoint, by weight.
    case maglev(Maglev)
    /// As you say.
    case custom(CustomPolicy)

    /// All of ours with their defaults: those that a configuration names.
    public static let named: [LoadBalancingPolicy] = [
        .peakEWMA, .leastRequest, .weightedRoundRobin, .random, .reportedWeights, .ringHash, .maglev, .prequal,
    ]

    /// Prequal with the defaults of the paper.
    public static var prequal: LoadBalancingPolicy { .prequal(Prequal()) }

    /// Ring hash with Envoy's defaults.
    public static var ringHash: LoadBalancingPolicy { .ringHash(RingHash()) }

    /// Maglev with Envoy's defaults.
    public static var maglev: LoadBalancingPolicy { .maglev(Maglev()) }

    /// Weighted round robin by reports, with the defaults of A58.
    public static var reportedWeights: LoadBalancingPolicy { .reportedWeights(ReportedWeights()) }

    /// Least request of two.
    public static var leastRequest: LoadBalancingPolicy { .leastRequest(LeastRequest()) }

    /// Peak EWMA with its defaults.
    public static var peakEWMA: LoadBalancingPolicy { .peakEWMA(PeakEWMA()) }

    /// The name in the terms of the field: `peak_ewma`, `ring_hash` and so on, as in
    /// the configuration; that of a ``CustomPolicy``.
    public var name: String {
        switch self {
        case .random: "random"
        case .weightedRoundRobin: "weighted_round_robin"
        case .reportedWeights: "client_side_weighted_round_robin"
        case .leastRequest: "least_request"
        case .peakEWMA: "peak_ewma"
        case .prequal: "prequal"
        case .ringHash: "ring_hash"
        case .maglev: "maglev"
        case .custom(let custom): custom.name
        }
    }
}

extension LoadBalancingPolicy {
    /// Whether calls go by their keys.
    var hashes: Bool {
        switch self {
        case .ringHash, .maglev: true
        default: false
        }
    }

    /// The bound of a policy that hashes with bounded loads, in percent.
    var balanceFactor: Int? {
        switch self {
        case .ringHash(let rule): rule.balanceFactor
        case .maglev(let rule): rule.balanceFactor
        default: nil
        }
    }
}

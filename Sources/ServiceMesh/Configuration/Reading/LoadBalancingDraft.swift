import MeshCore
import MeshLoadBalancing

/// How an endpoint is chosen, while it is read: the policy by its name, and the parameters of each, which count for one.
struct LoadBalancingDraft: Sendable {
    var policy: LoadBalancingPolicy = .peakEWMA(PeakEWMA())
    var peakEWMA = PeakEWMADraft(PeakEWMA())
    var leastRequest = LeastRequestDraft(LeastRequest())
    var reportedWeights = ReportedWeightsDraft(ReportedWeights())
    var ringHash = RingHashDraft(RingHash())
    var maglev = MaglevDraft(Maglev())
    var prequal = PrequalDraft(Prequal())

    /// The policy with its parameters.
    var chosen: LoadBalancingPolicy {
        switch policy {
        case .peakEWMA: .peakEWMA(peakEWMA.policy)
        case .leastRequest: .leastRequest(leastRequest.policy)
        case .reportedWeights: .reportedWeights(reportedWeights.policy)
        case .ringHash: .ringHash(ringHash.policy)
        case .maglev: .maglev(maglev.policy)
        case .prequal: .prequal(prequal.policy)
        case .random, .weightedRoundRobin, .custom: policy
        }
    }
}

struct PeakEWMADraft: Sendable {
    var decay: Duration
    var defaultLatency: Duration
    var failurePenalty: Duration
    var retryAfterLimit: Duration

    init(_ policy: PeakEWMA) {
        (decay, defaultLatency) = (policy.decay, policy.defaultLatency)
        (failurePenalty, retryAfterLimit) = (policy.failurePenalty, policy.retryAfterLimit)
    }

    var policy: PeakEWMA {
        PeakEWMA(
            decay: decay,
            defaultLatency: defaultLatency,
            failurePenalty: failurePenalty,
            retryAfterLimit: retryAfterLimit
        )
    }
}

struct LeastRequestDraft: Sendable {
    var choices: Int
    /// `nil` for the least loaded, whatever the weights.
    var activeRequestBias: Double?

    init(_ policy: LeastRequest) {
        choices = policy.choices
        activeRequestBias = policy.activeRequestBias == .infinity ? nil : policy.activeRequestBias
    }

    var policy: LeastRequest { LeastRequest(choices: choices, activeRequestBias: activeRequestBias ?? .infinity) }
}

struct ReportedWeightsDraft: Sendable {
    var blackoutPeriod: Duration
    var expirationPeriod: Duration
    var updatePeriod: Duration
    var errorPenalty: Double

    init(_ policy: ReportedWeights) {
        (blackoutPeriod, expirationPeriod) = (policy.blackoutPeriod, policy.expirationPeriod)
        (updatePeriod, errorPenalty) = (policy.updatePeriod, policy.errorPenalty)
    }

    var policy: ReportedWeights {
        ReportedWeights(
            blackoutPeriod: blackoutPeriod,
            expirationPeriod: expirationPeriod,
            updatePeriod: updatePeriod,
            errorPenalty: errorPenalty
        )
    }
}

struct RingHashDraft: Sendable {
    var minimumRingSize: Int
    var maximumRingSize: Int
    var balanceFactor: Int?

    init(_ policy: RingHash) {
        (minimumRingSize, maximumRingSize) = (policy.minimumRingSize, policy.maximumRingSize)
        balanceFactor = policy.balanceFactor
    }

    var policy: RingHash {
        RingHash(minimumRingSize: minimumRingSize, maximumRingSize: maximumRingSize, balanceFactor: balanceFactor)
    }
}

struct MaglevDraft: Sendable {
    var tableSize: Int
    var balanceFactor: Int?

    init(_ policy: Maglev) { (tableSize, balanceFactor) = (policy.tableSize, policy.balanceFactor) }

    var policy: Maglev { Maglev(tableSize: tableSize, balanceFactor: balanceFactor) }
}

struct PrequalDraft: Sendable {
    var probeRate: Double
    var poolSize: Int
    var probeAgeLimit: Duration
    var removalRate: Double
    var reuseSlack: Double
    var hotQuantile: Fraction
    var probeTimeout: Duration
    var idleProbeInterval: Duration?
    var minimumPoolSize: Int
    var failureHalfLife: Duration

    init(_ policy: Prequal) {
        (probeRate, poolSize, probeAgeLimit) = (policy.probeRate, policy.poolSize, policy.probeAgeLimit)
        (removalRate, reuseSlack, hotQuantile) = (policy.removalRate, policy.reuseSlack, policy.hotQuantile)
        (probeTimeout, idleProbeInterval) = (policy.probeTimeout, policy.idleProbeInterval)
        (minimumPoolSize, failureHalfLife) = (policy.minimumPoolSize, policy.failureHalfLife)
    }

    var policy: Prequal {
        Prequal(
            probeRate: probeRate,
            poolSize: poolSize,
            probeAgeLimit: probeAgeLimit,
            removalRate: removalRate,
            reuseSlack: reuseSlack,
            hotQuantile: hotQuantile,
            probeTimeout: probeTimeout,
            idleProbeInterval: idleProbeInterval,
            minimumPoolSize: minimumPoolSize,
            failureHalfLife: failureHalfLife
        )
    }
}

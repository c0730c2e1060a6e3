import MeshAdmission
import MeshCircuitBreaking
import MeshCore
import MeshDiscovery
import MeshHTTP
import MeshLoadBalancing
import MeshRetries

/// A service while it is read: every setting as a plain value, because the policies refuse a value that does not go
/// together with one that has yet to be read.
struct ServiceDraft: Sendable {
    enum Policy: Sendable {
        case random, weightedRoundRobin, reportedWeights, leastRequest, peakEWMA, ringHash, maglev, prequal
    }

    struct BackoffDraft: Sendable {
        var base: Duration
        var maximum: Duration
        var factor: Double
        var jitter: Backoff.Jitter

        init(_ backoff: Backoff) {
            (base, maximum, factor, jitter) = (backoff.base, backoff.maximum, backoff.factor, backoff.jitter)
        }

        var backoff: Backoff { Backoff(base: base, maximum: maximum, factor: factor, jitter: jitter) }
    }

    struct PeakEWMADraft: Sendable {
        var decay: Duration
        var defaultLatency: Duration
        var failurePenalty: Duration
        var retryAfterLimit: Duration

        init(_ metric: PeakEWMA) {
            (decay, defaultLatency) = (metric.decay, metric.defaultLatency)
            (failurePenalty, retryAfterLimit) = (metric.failurePenalty, metric.retryAfterLimit)
        }

        var metric: PeakEWMA {
            PeakEWMA(
                decay: decay,
                defaultLatency: defaultLatency,
                failurePenalty: failurePenalty,
                retryAfterLimit: retryAfterLimit
            )
        }
    }

    var target: Target?
    var policy: Policy = .peakEWMA
    var peakEWMA = PeakEWMADraft(PeakEWMA())
    var breaking = CircuitBreakerPolicy()
    var window: Duration
    var windowBuckets: Int
    var ejection: BackoffDraft
    var routing: EndpointRouting
    var retries: RetryPolicy
    var backoff: BackoffDraft
    var deadline: DeadlinePolicy
    var stabilization: Stabilization
    var http: HTTPClassification

    /// What a service is whose configuration says nothing.
    init() {
        let standard = ServiceConfiguration(target: Target(scheme: "static", path: "unset"))
        window = standard.circuitBreaking.window
        windowBuckets = standard.circuitBreaking.windowBuckets
        ejection = BackoffDraft(standard.circuitBreaking.ejection)
        routing = standard.routing
        retries = standard.retries
        backoff = BackoffDraft(standard.retries.backoff)
        deadline = standard.deadline
        stabilization = standard.stabilization
        http = standard.http
    }

    /// The configuration. Call it only for a draft for which all of `SettingRelation.all` hold.
    func configuration(target: Target) -> ServiceConfiguration {
        var retries = retries
        retries.backoff = backoff.backoff
        return ServiceConfiguration(
            target: target,
            loadBalancing: loadBalancing,
            circuitBreaking: CircuitBreakerPolicy(
                consecutiveFailures: breaking.consecutiveFailures,
                successRate: breaking.successRate,
                window: window,
                windowBuckets: windowBuckets,
                minimumVolume: breaking.minimumVolume,
                ejection: ejection.backoff,
                maximumEjected: breaking.maximumEjected,
                probeTimeout: breaking.probeTimeout,
                recovery: breaking.recovery
            ),
            routing: routing,
            retries: retries,
            deadline: deadline,
            stabilization: stabilization,
            http: http
        )
    }

    private var loadBalancing: LoadBalancingPolicy {
        switch policy {
        case .random: .random
        case .weightedRoundRobin: .weightedRoundRobin
        case .reportedWeights: .reportedWeights
        case .leastRequest: .leastRequest
        case .peakEWMA: .peakEWMA(peakEWMA.metric)
        case .ringHash: .ringHash
        case .maglev: .maglev
        case .prequal: .prequal
        }
    }
}

/// What two settings must have in common, whichever of them is to blame.
struct SettingRelation: Sendable {
    var first: String
    var second: String
    /// What is wrong if `first` is to blame, given the text of `second`; and the other way round.
    var firstReason: @Sendable (_ second: String) -> String
    var secondReason: @Sendable (_ first: String) -> String
    var holds: @Sendable (ServiceDraft) -> Bool

    static let all: [SettingRelation] = [
        backoff("circuitBreaking.ejection") { $0.ejection },
        backoff("retries.backoff") { $0.backoff },
        SettingRelation(
            first: "circuitBreaking.window",
            second: "circuitBreaking.windowBuckets",
            firstReason: { "it must have at least a nanosecond for each of \($0)" },
            secondReason: { "each bucket must have at least a nanosecond of \($0)" },
            holds: { $0.window.clampedNanoseconds / Int64($0.windowBuckets) > 0 }
        ),
    ]

    private static func backoff(
        _ group: String,
        _ draft: @escaping @Sendable (ServiceDraft) -> ServiceDraft.BackoffDraft
    ) -> SettingRelation {
        SettingRelation(
            first: group + ".base",
            second: group + ".maximum",
            firstReason: { "it must not be more than \($0)" },
            secondReason: { "it must not be less than \($0)" },
            holds: { draft($0).base <= draft($0).maximum }
        )
    }
}

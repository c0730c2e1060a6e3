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

    var target: Target?
    var loadBalancing = LoadBalancingDraft()
    var hashHeader: String?
    var probePath: String? = ProbeHeader.defaultPath
    var breaking = CircuitBreakerPolicy()
    var window: Duration
    var windowBuckets: Int
    var ejection: BackoffDraft
    var routing: RoutingDraft
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
        routing = RoutingDraft(standard.routing)
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
            loadBalancing: loadBalancing.chosen,
            hashHeader: hashHeader,
            probePath: probePath,
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
            routing: routing.routing,
            retries: retries,
            deadline: deadline,
            stabilization: stabilization,
            http: http
        )
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
        atMost("loadBalancing.ringHash.minimumRingSize", "loadBalancing.ringHash.maximumRingSize") {
            $0.loadBalancing.ringHash.minimumRingSize <= $0.loadBalancing.ringHash.maximumRingSize
        },
        SettingRelation(
            first: "localityWeights",
            second: "zoneAware.zone",
            firstReason: { "it excludes \($0)" },
            secondReason: { "it excludes \($0)" },
            holds: { $0.routing.localityWeights.isEmpty || $0.routing.localZone == nil }
        ),
        SettingRelation(
            first: "subsetting.aperture.lowLoad",
            second: "subsetting.aperture.highLoad",
            firstReason: { "it must be less than \($0)" },
            secondReason: { "it must be more than \($0)" },
            holds: { $0.routing.lowLoad < $0.routing.highLoad }
        ),
        atMost("loadBalancing.prequal.minimumPoolSize", "loadBalancing.prequal.poolSize") {
            $0.loadBalancing.prequal.minimumPoolSize <= $0.loadBalancing.prequal.poolSize
        },
    ]

    private static func backoff(
        _ group: String,
        _ draft: @escaping @Sendable (ServiceDraft) -> ServiceDraft.BackoffDraft
    ) -> SettingRelation {
        atMost(group + ".base", group + ".maximum") { draft($0).base <= draft($0).maximum }
    }

    private static func atMost(
        _ first: String,
        _ second: String,
        holds: @escaping @Sendable (ServiceDraft) -> Bool
    ) -> SettingRelation {
        SettingRelation(
            first: first,
            second: second,
            firstReason: { "it must not be more than \($0)" },
            secondReason: { "it must not be less than \($0)" },
            holds: holds
        )
    }
}

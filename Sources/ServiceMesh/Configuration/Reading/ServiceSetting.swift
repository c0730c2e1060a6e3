import MeshAdmission
import MeshCircuitBreaking
import MeshCore
import MeshDiscovery
import MeshHTTP
import MeshLoadBalancing
import MeshRetries

/// One key of a service: the row of the table from which everything about configuration follows, the reading, the
/// search for unknown keys, the reference and the tests.
struct ServiceSetting: Sendable {
    /// The key below `mesh.defaults` or `mesh.service.NAME`.
    let path: String
    let type: String
    let range: String
    let json: JSONShape
    /// The default as text that reads back; empty for none.
    let standard: String
    /// A value other than the default.
    let example: String
    private(set) var summary: String
    /// What must be set for it to have an effect.
    private(set) var requirement: Requirement?
    let read: @Sendable (RawValue, inout ServiceDraft) throws(Rejection) -> Void
    /// The value in a draft as text that reads back.
    let text: @Sendable (ServiceDraft) -> String

    var components: [String] { path.split(separator: ".").map(String.init) }

    init<Value: Sendable>(
        _ path: String,
        _ value: any WritableKeyPath<ServiceDraft, Value> & Sendable,
        _ form: ValueForm<Value>,
        example: String,
        _ summary: String
    ) {
        self.path = path
        type = form.type
        range = form.range
        json = form.json
        standard = form.text(ServiceDraft()[keyPath: value])
        self.example = example
        self.summary = summary
        read = { raw, draft throws(Rejection) in draft[keyPath: value] = try form.read(raw) }
        text = { form.text($0[keyPath: value]) }
    }

    /// What a setting needs from another.
    struct Requirement: Sendable {
        let path: String
        /// A value with which it holds.
        let example: String
        /// What is the case if it does not hold.
        let reason: String
        let holds: @Sendable (ServiceDraft) -> Bool
    }

    /// The same, which has an effect only with another setting.
    func onlyWith(_ requirement: Requirement) -> ServiceSetting {
        var setting = self
        setting.requirement = requirement
        return setting
    }

    /// The same with more to say.
    func saying(_ more: String) -> ServiceSetting {
        var setting = self
        setting.summary += more
        return setting
    }

    /// The target, which each service has for itself.
    static let target = ServiceSetting(
        "target",
        \.target,
        .target,
        example: "dns:///users.prod.svc:8080",
        "Where the endpoints come from. Required, and not allowed in the defaults."
    )

    /// Every key that services and their defaults share.
    static let shared: [ServiceSetting] = loadBalancing + circuitBreaking + retries + others

    /// Every key of a service.
    static let all: [ServiceSetting] = [target] + shared

    private static let circuitBreaking: [ServiceSetting] =
        [
            .init(
                "circuitBreaking.consecutiveFailures",
                \.breaking.consecutiveFailures,
                ValueForm.integer(1...Int.max).orNone(),
                example: "3",
                "How many failures in a row eject an endpoint; `none` for no such rule."
            ),
            .init(
                "circuitBreaking.successRate",
                \.breaking.successRate,
                ValueForm.fraction.orNone(),
                example: "90%",
                "The share of successes below which an endpoint is ejected; `none` for no such rule."
            ),
            .init(
                "circuitBreaking.window",
                \.window,
                .positiveDuration,
                example: "1m",
                "How far the success rate looks back."
            ),
            .init(
                "circuitBreaking.windowBuckets",
                \.windowBuckets,
                .integer(1...1_000),
                example: "20",
                "How many slices the window has, and so how finely it forgets."
            ),
            .init(
                "circuitBreaking.minimumVolume",
                \.breaking.minimumVolume,
                .integer(1...Int.max),
                example: "50",
                "How many results must be in the window before the success rate counts."
            ),
            .init(
                "circuitBreaking.maximumEjected",
                \.breaking.maximumEjected,
                .fraction,
                example: "20%",
                "The share of the endpoints that may be ejected at once."
            ),
            .init(
                "circuitBreaking.probeTimeout",
                \.breaking.probeTimeout,
                .positiveDuration,
                example: "10s",
                "How long a probe may take before another call may probe in its place."
            ),
            .init(
                "circuitBreaking.recovery",
                \.breaking.recovery,
                .duration,
                example: "2m",
                "How long an endpoint must be back for its next ejection to be as short as its first."
            ),
        ]
        + backoff(
            "circuitBreaking.ejection",
            \.ejection.base,
            \.ejection.maximum,
            \.ejection.factor,
            \.ejection.jitter,
            examples: ["10s", "10m", "1.5", "full"],
            "an ejection",
            then: "the next ejection"
        )

    private static let retries: [ServiceSetting] =
        [
            .init(
                "retries.maximumAttempts",
                \.retries.maximumAttempts,
                .integer(1...Int.max),
                example: "2",
                "How many attempts a call makes at most, the first included; 1 for no retries."
            ),
            .init(
                "retries.perAttemptTimeout",
                \.retries.perAttemptTimeout,
                ValueForm.positiveDuration.orNone(),
                example: "500ms",
                "How long one attempt may take until the head of its response is in."
            ),
            .init(
                "retries.retryAfterLimit",
                \.retries.retryAfterLimit,
                .duration,
                example: "5s",
                "The longest `Retry-After` that a call waits out."
            ),
        ]
        + backoff(
            "retries.backoff",
            \.backoff.base,
            \.backoff.maximum,
            \.backoff.factor,
            \.backoff.jitter,
            examples: ["50ms", "1s", "1.5", "decorrelated"],
            "the wait for a retry",
            then: "the next wait"
        ) + [
            .init(
                "retries.budget.ratio",
                \.retries.budget.ratio,
                .fraction,
                example: "10%",
                "How many retries all calls together may make, as a share of the calls."
            ),
            .init(
                "retries.budget.minimumPerSecond",
                \.retries.budget.minimumPerSecond,
                .integer(0...1_000_000),
                example: "1",
                "How many retries a second are allowed whatever the traffic."
            ),
            .init(
                "retries.budget.window",
                \.retries.budget.window,
                .duration(from: .milliseconds(1), to: .seconds(3600), range: "1ms to 1h") {
                    "it must be between 1ms and 1h"
                },
                example: "30s",
                "How long calls and retries count for the budget."
            ),
        ]

    private static let others: [ServiceSetting] = [
        .init(
            "deadline.timeout",
            \.deadline.timeout,
            ValueForm.duration.orNone(),
            example: "2s",
            "How long a whole call may take, body and retries included. 0s lets no call through."
        ),
        .init(
            "stabilization.emptyAnswer",
            \.stabilization.emptyAnswer,
            .choice([("keep_last_good", .keepLastGood), ("accept", .accept)]),
            example: "accept",
            "What an answer without endpoints does to a set that has some."
        ),
        .init(
            "stabilization.removalGrace",
            \.stabilization.removalGrace,
            .duration,
            example: "10s",
            "How long an endpoint must have been missing before it is removed."
        ),
        .init(
            "http.failures",
            \.http.failures,
            .statusCodes,
            example: "500,502-504",
            "Status codes that are the endpoint's fault."
        ),
        .init(
            "http.overloads",
            \.http.overloads,
            .statusCodes,
            example: "429,529",
            "Status codes that say that the endpoint has too much to do."
        ),
        .init(
            "http.overloadsWithRetryAfter",
            \.http.overloadsWithRetryAfter,
            .statusCodes,
            example: "none",
            "Status codes that mean an overload if the response has a `Retry-After`."
        ),
        .init(
            "http.retryable",
            \.http.retryable,
            .statusCodes,
            example: "502-504",
            "Status codes after which an idempotent request may be tried again."
        ),
        .init(
            "http.idempotentMethods",
            \.http.idempotentMethods,
            .methods,
            example: "GET,HEAD",
            "Methods that may be repeated."
        ),
        .init(
            "http.idempotencyKeyHeader",
            \.http.idempotencyKeyHeader,
            ValueForm.headerName.orNone(),
            example: "X-Request-Token",
            "The header that makes any request idempotent."
        ),
        .init(
            "http.maximumRetryAfter",
            \.http.maximumRetryAfter,
            .duration,
            example: "1m",
            "The longest `Retry-After` that is believed; longer ones count as this."
        ),
    ]

    private static func backoff(
        _ group: String,
        _ base: any WritableKeyPath<ServiceDraft, Duration> & Sendable,
        _ maximum: any WritableKeyPath<ServiceDraft, Duration> & Sendable,
        _ factor: any WritableKeyPath<ServiceDraft, Double> & Sendable,
        _ jitter: any WritableKeyPath<ServiceDraft, Backoff.Jitter> & Sendable,
        examples: [String],
        _ what: String,
        then next: String
    ) -> [ServiceSetting] {
        let jitters: [(String, Backoff.Jitter)] = [
            ("full", .full), ("equal", .equal), ("decorrelated", .decorrelated),
        ]
        return [
            .init(
                group + ".base",
                base,
                .positiveDuration,
                example: examples[0],
                "How long \(what) is at first. At most `\(group).maximum`."
            ),
            .init(
                group + ".maximum",
                maximum,
                .positiveDuration,
                example: examples[1],
                "How long \(what) is at most."
            ),
            .init(
                group + ".factor",
                factor,
                .factor,
                example: examples[2],
                "What \(next) grows by."
            ),
            .init(
                group + ".jitter",
                jitter,
                .choice(jitters),
                example: examples[3],
                "How \(what) is drawn."
            ),
        ]
    }
}

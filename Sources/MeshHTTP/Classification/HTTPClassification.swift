/// What HTTP responses say about their endpoint, and which of them may be tried again.
///
/// The defaults:
///
/// - Every 5xx is the endpoint's fault, known or not (RFC 9110, 15: an unknown code counts as the x00 of its class),
///   except those that answer the *request*: 501, 505, 506, 508, 510 and 511.
/// - 429 means overloaded, and so does a 503 that says when to come back (`Retry-After`): such an endpoint is alive
///   and sheds load. A 503 without it is a failure.
/// - 429, 500, 502, 503 and 504 may be tried again if the request is idempotent. A 500 too: an instance that fails on its
///   own (a bad deploy, a lost database connection) is what a mesh is there for, and the retry asks another. Where a 500
///   is the same everywhere, the retry budget bounds what it costs.
public struct HTTPClassification: Hashable, Sendable {
    /// Status codes that are the endpoint's fault.
    ///
    /// Codes of this and the other sets are 400 to 999: what is below is no failure of anybody.
    public var failures: Set<Int> {
        didSet { Self.check(failures) }
    }
    /// Status codes that say that the endpoint has too much to do. Looked at before ``failures``.
    public var overloads: Set<Int> {
        didSet { Self.check(overloads) }
    }
    /// Status codes that mean an overload if the response has a `Retry-After`. Default: 503.
    public var overloadsWithRetryAfter: Set<Int> {
        didSet { Self.check(overloadsWithRetryAfter) }
    }
    /// Status codes after which an idempotent request may be tried again.
    public var retryable: Set<Int> {
        didSet { Self.check(retryable) }
    }
    /// Methods that are idempotent. Default: those of RFC 9110, 9.2.2. Case-sensitive.
    public var idempotentMethods: Set<String>
    /// The header that makes any request idempotent, because the server recognises a repetition by it. Default:
    /// `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header); `nil` for none.
    public var idempotencyKeyHeader: String?
    /// The longest `Retry-After` that is believed; longer ones count as this. Default: 5 minutes, as in Envoy
    /// (`rate_limited_retry_back_off.max_interval`). Not negative.
    public var maximumRetryAfter: Duration {
        didSet { precondition(maximumRetryAfter >= .zero, "maximumRetryAfter is negative: \(maximumRetryAfter)") }
    }

    /// Creates a classification.
    ///
    /// - Precondition: `maximumRetryAfter` is not negative, and the status codes are 400 to 999.
    public init(
        failures: Set<Int> = Self.defaultFailures,
        overloads: Set<Int> = [429],
        overloadsWithRetryAfter: Set<Int> = [503],
        retryable: Set<Int> = [429, 500, 502, 503, 504],
        idempotentMethods: Set<String> = Self.defaultIdempotentMethods,
        idempotencyKeyHeader: String? = "Idempotency-Key",
        maximumRetryAfter: Duration = .seconds(300)
    ) {
        precondition(maximumRetryAfter >= .zero, "maximumRetryAfter is negative: \(maximumRetryAfter)")
        for statuses in [failures, overloads, overloadsWithRetryAfter, retryable] { Self.check(statuses) }
        self.failures = failures
        self.overloads = overloads
        self.overloadsWithRetryAfter = overloadsWithRetryAfter
        self.retryable = retryable
        self.idempotentMethods = idempotentMethods
        self.idempotencyKeyHeader = idempotencyKeyHeader
        self.maximumRetryAfter = maximumRetryAfter
    }

    /// 500 to 599 without 501, 505, 506, 508, 510 and 511, which any other endpoint would answer as well.
    public static let defaultFailures = Set(500...599).subtracting([501, 505, 506, 508, 510, 511])

    /// GET, HEAD, OPTIONS, TRACE, PUT and DELETE.
    public static let defaultIdempotentMethods: Set<String> = ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]

    private static func check(_ statuses: Set<Int>) {
        precondition(statuses.allSatisfy { (400...999).contains($0) }, "a status code is not from 400 to 999")
    }
}

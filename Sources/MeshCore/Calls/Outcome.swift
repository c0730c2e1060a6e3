/// What an attempt says, in answer to two separate questions: was the *endpoint* at fault, and may the *call* be tried
/// again?
///
/// The two are independent. A refused connection is the endpoint's fault and safe to retry; a keep-alive connection
/// that closed under the request is nobody's fault and safe to retry; a malformed request is neither.
public struct Outcome: Hashable, Sendable {
    /// What the attempt says about the endpoint.
    public enum Verdict: Hashable, Sendable {
        /// The endpoint did its work.
        case success
        /// The endpoint failed: it refused, reset, timed out or answered with an error of its own.
        case failure
        /// The endpoint is healthy but has too much to do (429, `RESOURCE_EXHAUSTED`). Counts against its success
        /// rate and its place in the balancer, never as one of consecutive failures.
        case overloaded
        /// Nothing was learnt: the caller went away, or the fault lay elsewhere.
        case inconclusive
    }

    /// Whether the call may be tried again.
    public enum Retry: Hashable, Sendable {
        /// No: it succeeded, or another attempt would fail the same way.
        case never
        /// Only if doing it twice does no harm.
        case ifIdempotent
        /// Yes: the endpoint has not seen it.
        case neverSent
    }

    /// What the attempt says about the endpoint.
    public var verdict: Verdict
    /// Whether the call may be tried again.
    public var retry: Retry
    /// How long the endpoint asked to be left alone (`Retry-After`, gRPC pushback).
    public var retryAfter: Duration?

    /// Creates an outcome.
    @inlinable
    public init(_ verdict: Verdict, retry: Retry = .never, retryAfter: Duration? = nil) {
        self.verdict = verdict
        self.retry = retry
        self.retryAfter = retryAfter
    }

    /// The endpoint did its work.
    @inlinable
    public static var success: Outcome { Outcome(.success) }

    /// The endpoint failed, after it may have begun the work.
    @inlinable
    public static var failure: Outcome { Outcome(.failure, retry: .ifIdempotent) }

    /// Nothing was learnt. What a lease counts as when it is dropped.
    @inlinable
    public static var inconclusive: Outcome { Outcome(.inconclusive) }
}

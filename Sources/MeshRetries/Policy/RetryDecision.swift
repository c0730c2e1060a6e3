/// Whether a call is tried again.
public enum RetryDecision: Hashable, Sendable {
    /// Yes, after this time.
    case retry(after: Duration)
    /// No.
    case stop(StopReason)

    /// Why a call is not tried again.
    public enum StopReason: Hashable, Sendable {
        /// Another attempt would end the same way, or there is nothing to repeat.
        case notRetryable
        /// The endpoint may have begun the work, and doing it twice could do harm.
        case notIdempotent
        /// The call has made all its attempts.
        case attemptsExhausted
        /// The endpoint asked for a longer pause than the policy allows.
        case retryAfterTooLong
        /// The wait would end at the deadline or after it.
        case deadline
        /// All calls together have used up what their retries may cost.
        case budgetExhausted
    }
}

extension RetryDecision.StopReason: CustomStringConvertible {
    /// A phrase for a person.
    public var description: String {
        switch self {
        case .notRetryable: "not retryable"
        case .notIdempotent: "not retried, because the request is not idempotent"
        case .attemptsExhausted: "no attempts left"
        case .retryAfterTooLong: "not retried, because the endpoint asked for too long a pause"
        case .deadline: "not retried, because the deadline is too near"
        case .budgetExhausted: "not retried, because the retry budget is exhausted"
        }
    }
}

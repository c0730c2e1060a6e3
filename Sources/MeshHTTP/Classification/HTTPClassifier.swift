public import MeshCore

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Android)
import Android
#endif

/// Judges HTTP responses and the errors of HTTP transports.
///
/// The status is judged by a ``HTTPClassification``; an error judges itself (`ClassifiedError`). Whatever they say,
/// a request whose body cannot be sent again (``HTTPRequestMessage/canBeSentAgain``) may not be tried again.
public struct HTTPClassifier<Request: HTTPRequestMessage, Response: HTTPResponseMessage>: Classifier {
    /// What the status codes mean.
    public let policy: HTTPClassification
    private let wallClock: @Sendable () -> Int64

    /// Creates a classifier that knows the time of day from the machine.
    public init(_ policy: HTTPClassification = HTTPClassification()) {
        self.init(policy, wallClock: { Int64(time(nil)) })
    }

    /// Creates a classifier.
    ///
    /// - Parameters:
    ///   - policy: What the status codes mean.
    ///   - wallClock: Seconds since 1970-01-01 00:00 UTC. Read only for a `Retry-After` that is a date.
    public init(_ policy: HTTPClassification, wallClock: @escaping @Sendable () -> Int64) {
        self.policy = policy
        self.wallClock = wallClock
    }

    /// Judges a response by its status and its `Retry-After`.
    public func outcome(of response: Response, to request: Request) -> Outcome {
        let status = response.statusCode
        guard status >= 400 else { return .success }
        return limited(policy.outcome(ofStatus: status, retryAfter: retryAfter(of: response)), for: request)
    }

    /// Judges an error by what it says itself; an error that says nothing is a failure of unknown reach.
    public func outcome(of error: any Error, for request: Request) -> Outcome {
        limited(Outcome(of: error), for: request)
    }

    /// Whether the method is idempotent, or the request carries an idempotency key.
    public func idempotency(of request: Request) -> Idempotency { policy.idempotency(of: request) }

    /// What the headers say of the endpoint's load (ORCA). A report that is malformed counts as none: the response is not to
    /// blame.
    public func loadReport(of response: Response) -> LoadReport? {
        try? LoadReportHeader.report { response.headerValue($0) }
    }

    /// What the trailers will say of it.
    public func trailingLoadReport(of response: Response) -> (@Sendable () -> LoadReport?)? {
        guard let lookup = response.trailerLookup() else { return nil }
        return { try? LoadReportHeader.report(in: lookup) }
    }

    /// The answer to a probe in the headers (``ProbeHeader``); one that is malformed counts as none.
    public func probeResponse(of response: Response) -> ProbeResponse? {
        response.headerValue(ProbeHeader.name).flatMap { try? ProbeHeader.response($0) }
    }

    private func limited(_ outcome: Outcome, for request: Request) -> Outcome {
        guard outcome.retry != .never, !request.canBeSentAgain else { return outcome }
        var outcome = outcome
        outcome.retry = .never
        return outcome
    }

    private func retryAfter(of response: Response) -> Duration? {
        guard let text = response.headerValue("Retry-After") else { return nil }
        let now = wallClock()
        guard let value = RetryAfter(text, at: now) else { return nil }
        guard case .date = value, let date = response.headerValue("Date") else { return value.delay(at: now) }
        // The endpoint's own clock is the better reference for its own date.
        return value.delay(at: HTTPDate.parse(date, at: now) ?? now)
    }
}

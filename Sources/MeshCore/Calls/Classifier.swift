/// Turns what an attempt ended with into an ``Outcome``.
///
/// One classifier answers both questions for the whole stack: the balancer and the breaker read the verdict on the
/// endpoint, the retry policy reads whether another attempt is allowed.
public protocol Classifier<Request, Response>: Sendable {
    /// What is sent.
    associatedtype Request: Sendable
    /// What comes back.
    associatedtype Response: Sendable

    /// Judges a response that arrived.
    func outcome(of response: Response, to request: Request) -> Outcome

    /// Judges an error.
    func outcome(of error: any Error, for request: Request) -> Outcome

    /// Whether carrying out `request` twice does no more harm than once.
    func isIdempotent(_ request: Request) -> Bool
}

/// The plainest classifier: every response is a success, every error but a cancellation is a failure, and requests
/// are idempotent or not as told.
public struct PlainClassifier<Request: Sendable, Response: Sendable>: Classifier {
    /// Whether requests may be carried out twice.
    public enum Idempotency: Hashable, Sendable {
        /// Every request may.
        case idempotent
        /// None may.
        case notIdempotent
    }

    private let idempotency: Idempotency

    /// Creates a classifier for requests of the given kind.
    public init(_ idempotency: Idempotency = .notIdempotent) {
        self.idempotency = idempotency
    }

    /// Always a success.
    public func outcome(of response: Response, to request: Request) -> Outcome { .success }

    /// A failure, or inconclusive for a `CancellationError`.
    public func outcome(of error: any Error, for request: Request) -> Outcome { .ofUnknownError(error) }

    /// As told.
    public func isIdempotent(_ request: Request) -> Bool { idempotency == .idempotent }
}

extension Outcome {
    /// The outcome of an error that no classifier knows: a failure that may have reached the endpoint, except for the
    /// cancellations that the mesh itself or its caller caused.
    public static func ofUnknownError(_ error: any Error) -> Outcome {
        switch error {
        case is CancellationError: .inconclusive
        case let reason as CancellationSignal.Reason: reason.outcome
        default: .failure
        }
    }
}

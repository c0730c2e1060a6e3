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
    func idempotency(of request: Request) -> Idempotency

    /// What the endpoint says of its load in the head of a response. Asked for only where the balancer wants to know.
    func loadReport(of response: Response) -> LoadReport?

    /// What reads, when the response is over, the load report behind its body. Must not keep the response alive. Asked for
    /// only where the balancer wants to know.
    func trailingLoadReport(of response: Response) -> (@Sendable () -> LoadReport?)?

    /// The answer to a probe on the back of a response. Asked for only where the balancer wants to know.
    func probeResponse(of response: Response) -> ProbeResponse?
}

extension Classifier {
    /// Nothing.
    @inlinable
    public func loadReport(of response: Response) -> LoadReport? { nil }

    /// Nothing.
    @inlinable
    public func trailingLoadReport(of response: Response) -> (@Sendable () -> LoadReport?)? { nil }

    /// Nothing.
    @inlinable
    public func probeResponse(of response: Response) -> ProbeResponse? { nil }
}

/// The plainest classifier: every response is a success, every error but a cancellation is a failure, and requests
/// are idempotent or not as told.
public struct PlainClassifier<Request: Sendable, Response: Sendable>: Classifier {
    private let idempotency: Idempotency

    /// Creates a classifier for requests of the given kind.
    public init(_ idempotency: Idempotency = .notIdempotent) {
        self.idempotency = idempotency
    }

    /// Always a success.
    public func outcome(of response: Response, to request: Request) -> Outcome { .success }

    /// What the error says of itself; see ``Outcome/init(of:)``.
    public func outcome(of error: any Error, for request: Request) -> Outcome { Outcome(of: error) }

    /// As told.
    public func idempotency(of request: Request) -> Idempotency { idempotency }
}

/// An error that knows what it says about the endpoint and about another try.
///
/// What a transport throws conforms, because nobody knows better whether the request was sent.
public protocol ClassifiedError: Error {
    /// The answer to the two questions.
    var outcome: Outcome { get }

    /// What a call fails with if this is what its last attempt ended with; ``MeshError/Code/attemptsFailed`` unless said
    /// otherwise.
    var callCode: MeshError.Code { get }
}

extension ClassifiedError {
    /// The attempts failed.
    public var callCode: MeshError.Code { .attemptsFailed }
}

extension Outcome {
    /// The outcome of an error: what it says of itself, inconclusive for a cancelled caller, and for any other error a
    /// failure that may have reached the endpoint.
    public init(of error: any Error) {
        switch error {
        case let error as any ClassifiedError: self = error.outcome
        case is CancellationError: self = .inconclusive
        default: self = .failure
        }
    }
}

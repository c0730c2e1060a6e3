public import MeshCore

/// Makes attempts by calling a service: for retries around something that is not a balancer.
///
/// The service chooses its endpoint itself, so no address is known and none can be avoided. Nothing here stops an
/// attempt at its deadline; that is for a filter around `service` or for the service itself.
public struct ServiceAttempts<Base: Service, C: Classifier>: AttemptSource
where Base.Response: CallResponse, C.Request == Base.Request, C.Response == Base.Response {
    /// What is called.
    public let service: Base
    /// What judges the result.
    public let classifier: C
    /// What the duration of an attempt is measured by.
    public let clock: MeshClock

    /// Creates a source of attempts.
    @inlinable
    public init(_ service: Base, classifier: C, clock: MeshClock = .continuous) {
        self.service = service
        self.classifier = classifier
        self.clock = clock
    }

    /// Calls the service once and judges what came of it.
    @inlinable
    public func attempt(_ request: Base.Request, context: CallContext) async -> Attempt<Base.Response> {
        let start = clock.now
        do {
            let response = try await service.call(request, context: context)
            let outcome = classifier.outcome(of: response, to: request)
            return Attempt(.success(response), outcome: outcome, duration: start.duration(to: clock.now))
        } catch {
            let outcome = classifier.outcome(of: error, for: request)
            return Attempt(.failure(error), outcome: outcome, duration: start.duration(to: clock.now))
        }
    }
}

extension Service where Response: CallResponse {
    /// This service with retries around it.
    ///
    /// ```swift
    /// let patient = backend.retrying(RetryPolicy(maximumAttempts: 2), classifier: PlainClassifier(.idempotent))
    /// ```
    ///
    /// - Parameters:
    ///   - policy: How often, and how long apart.
    ///   - classifier: Which results may be retried.
    ///   - budget: The account to draw from; by default one of its own.
    ///   - clock: What waits are measured by.
    ///   - random: Where the jitter comes from.
    ///   - observer: Told of each decision about another attempt.
    public func retrying<C: Classifier>(
        _ policy: RetryPolicy = RetryPolicy(),
        classifier: C,
        budget: SharedRetryBudget? = nil,
        clock: MeshClock = .continuous,
        random: RandomSource = RandomSource(),
        observer: (@Sendable (RetryEvent) -> Void)? = nil
    ) -> Retrying<ServiceAttempts<Self, C>, C> where C.Request == Request, C.Response == Response {
        Retrying(
            ServiceAttempts(self, classifier: classifier, clock: clock),
            classifier: classifier,
            policy: policy,
            budget: budget,
            clock: clock,
            random: random,
            observer: observer
        )
    }
}

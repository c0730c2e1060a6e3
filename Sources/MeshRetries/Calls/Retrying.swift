public import MeshCore

/// Makes attempts until one ends well or another is not worth making.
///
/// Each attempt chooses its endpoint afresh, and is asked to avoid those that failed the call before. The response of
/// the last attempt is returned even if it says that the request failed: it is the endpoint's answer, and the caller
/// can read it.
///
/// Errors thrown by ``call(_:context:)``:
///
/// - `CancellationError` if the task was cancelled. A cancelled call makes no further attempt.
/// - `MeshError` otherwise, with the record of every attempt. An error of the mesh itself, such as that there are no
///   endpoints, keeps its code.
///
/// A call whose first attempt succeeds costs one deposit into the budget, and allocates nothing unless
/// attempts have a timeout of their own or the caller brings a signal.
public struct Retrying<Attempts: AttemptSource, C: Classifier>: Service
where C.Request == Attempts.Request, C.Response == Attempts.Response {
    /// What makes the attempts.
    public let attempts: Attempts
    /// How often, and how long apart.
    public let policy: RetryPolicy

    @usableFromInline let classifier: C
    @usableFromInline let budget: SharedRetryBudget
    @usableFromInline let clock: MeshClock
    private let random: RandomSource
    private let observer: (@Sendable (RetryEvent) -> Void)?

    /// Creates a service that retries.
    ///
    /// - Parameters:
    ///   - attempts: What makes the attempts.
    ///   - classifier: Which requests are idempotent. Asked only when that matters.
    ///   - policy: How often, and how long apart.
    ///   - budget: The account to draw from; by default one of this service's own. `policy.budget` is not read if it
    ///     is given.
    ///   - clock: What waits are measured by.
    ///   - random: Where the jitter comes from.
    ///   - observer: Told of each decision about another attempt, in the task of the call.
    public init(
        _ attempts: Attempts,
        classifier: C,
        policy: RetryPolicy = RetryPolicy(),
        budget: SharedRetryBudget? = nil,
        clock: MeshClock = .continuous,
        random: RandomSource = RandomSource(),
        observer: (@Sendable (RetryEvent) -> Void)? = nil
    ) {
        self.attempts = attempts
        self.classifier = classifier
        self.policy = policy
        self.budget = budget ?? SharedRetryBudget(policy.budget)
        self.clock = clock
        self.random = random
        self.observer = observer
    }

    /// Answers `request` with the first attempt that ends well, or the last there is.
    @inlinable @inline(__always)
    public func call(_ request: Attempts.Request, context: CallContext) async throws -> Attempts.Response {
        budget.deposit(at: context.startedAt)
        let attempt =
            if policy.perAttemptTimeout == nil, context.cancellation == nil {
                await attempts.attempt(request, context: context)
            } else {
                await attempts.attempt(request, context: bounded(context))
            }
        if attempt.outcome.retry == .never, case .success(let response) = attempt.result { return response }
        let response = try await goOn(after: attempt, request, context)
        await Detour.end()
        return response
    }

    /// The context of one attempt of the call: with its own deadline, and its own signal to stop, because an attempt
    /// that timed out must not stop the next.
    @usableFromInline
    func bounded(_ context: CallContext) -> CallContext {
        var context = context
        if let timeout = policy.perAttemptTimeout {
            context.attemptDeadline = .after(timeout, from: context.attemptStartedAt)
        }
        if let signal = context.cancellation {
            let own = CancellationSignal()
            signal.onCancel { own.cancel($0) }
            context.cancellation = own
        }
        return context
    }

    /// What comes after a first attempt that did not settle the call. Apart, so that callers inline only the rest.
    @usableFromInline
    func goOn(
        after first: Attempt<Attempts.Response>,
        _ request: Attempts.Request,
        _ context: CallContext
    ) async throws -> Attempts.Response {
        var context = context
        var attempt = first
        var failures: [MeshError.FailedAttempt] = []
        var sequence = RetrySequence(policy)
        while true {
            let now = clock.now
            let decision = decide(after: attempt, request, context, &sequence, at: now)
            switch (attempt.result, decision) {
            case (.success(let response), .stop):
                return response
            case (.failure(let error), .stop(let reason)):
                throw failure(error, failures + records(of: attempt, error), context, at: now, reason)
            case (.success(let response), .retry):
                failures += records(of: attempt, RetriedResponse(outcome: attempt.outcome))
                response.discard()
            case (.failure(let error), .retry):
                failures += records(of: attempt, error)
            }
            if case .retry(let wait) = decision, wait > .zero {
                do {
                    try await clock.sleep(until: now.advanced(by: wait))
                } catch {
                    // The mesh shuts down, or the caller has gone: what was tried belongs to the error all the same.
                    throw failure(error, failures, context, at: clock.now, .notRetryable)
                }
            }

            if let address = attempt.address, !context.avoiding.contains(address) { context.avoiding.append(address) }
            context.attempt += 1
            context.attemptStartedAt = clock.now
            attempt = await attempts.attempt(request, context: bounded(context))
        }
    }
}

extension Retrying {
    private func decide(
        after attempt: Attempt<Attempts.Response>,
        _ request: Attempts.Request,
        _ context: CallContext,
        _ sequence: inout RetrySequence,
        at now: MeshInstant
    ) -> RetryDecision {
        // Whoever told the call to stop does not want another attempt, and neither does a caller who has gone.
        guard attempt.outcome.retry != .never, !Task.isCancelled, context.cancellation?.reason == nil else {
            return .stop(.notRetryable)
        }
        var generator = random.makeGenerator()
        let decision = sequence.decide(
            after: attempt.outcome,
            idempotency: classifier.idempotency(of: request),
            deadline: context.deadline,
            at: now,
            using: &generator,
            withdrawing: { budget.withdraw(at: now) }
        )
        observer?(
            RetryEvent(
                service: context.service,
                attempt: context.attempt,
                address: attempt.address,
                outcome: attempt.outcome,
                decision: decision
            )
        )
        return decision
    }

    /// What an attempt adds to the record. An error of the mesh, such as that there are no endpoints, asked nobody; it
    /// adds the attempts that it has itself.
    private func records(of attempt: Attempt<Attempts.Response>, _ cause: any Error) -> [MeshError.FailedAttempt] {
        if let error = cause as? MeshError { return error.attempts }
        return [MeshError.FailedAttempt(address: attempt.address, cause: cause, duration: attempt.duration)]
    }

    private func failure(
        _ error: any Error,
        _ attempts: [MeshError.FailedAttempt],
        _ context: CallContext,
        at now: MeshInstant,
        _ reason: RetryDecision.StopReason
    ) -> any Error {
        guard !Task.isCancelled else { return CancellationError() }
        let elapsed = context.startedAt.duration(to: now)
        if let error = error as? MeshError {
            return MeshError(
                error.code,
                service: error.service,
                attempts: attempts,
                elapsed: elapsed,
                detail: error.detail
            )
        }
        var code = (error as? any ClassifiedError)?.callCode ?? .attemptsFailed
        if code == .attemptsFailed, context.deadline.hasExpired(at: now) { code = .deadlineExceeded }
        // That the attempts are used up is what "all attempts failed" says already.
        let explains = code == .attemptsFailed && reason != .attemptsExhausted && reason != .notRetryable
        return MeshError(
            code,
            service: context.service,
            attempts: attempts,
            elapsed: elapsed,
            detail: explains ? "\(reason)" : ""
        )
    }
}

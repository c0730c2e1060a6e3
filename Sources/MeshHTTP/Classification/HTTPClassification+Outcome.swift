public import MeshCore

extension HTTPClassification {
    /// Judges a status code and the `Retry-After` that came with it.
    ///
    /// Costs one comparison below 400.
    public func outcome(ofStatus status: Int, retryAfter: Duration? = nil) -> Outcome {
        guard status >= 400 else { return .success }
        let verdict: Outcome.Verdict =
            if overloads.contains(status) || retryAfter != nil && overloadsWithRetryAfter.contains(status) {
                .overloaded
            } else if failures.contains(status) {
                .failure
            } else {
                .success
            }
        return Outcome(
            verdict,
            retry: retryable.contains(status) ? .ifIdempotent : .never,
            retryAfter: retryAfter.map { min($0, maximumRetryAfter) }
        )
    }

    /// Whether `request` may be carried out twice: by its method, or because it carries an idempotency key.
    public func idempotency(of request: some HTTPRequestMessage) -> Idempotency {
        if idempotentMethods.contains(request.methodName) { return .idempotent }
        guard let header = idempotencyKeyHeader else { return .notIdempotent }
        return request.headerValues(header).contains { !$0.isEmpty } ? .idempotent : .notIdempotent
    }
}

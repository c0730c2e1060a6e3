public import MeshCore

/// Gives every call a deadline: the earliest of the policy's, the caller's and the inherited one.
///
/// Computed once, where the call enters; the layers below only read it. A call whose deadline has passed fails here,
/// without an attempt. Holding the attempts to the deadline is the work of ``DeadlineTransport``.
public struct DeadlineFilter<Request: Sendable, Response: Sendable>: Filter {
    /// In nanoseconds, because arithmetic on `Duration` has 128 bits and takes its time.
    @usableFromInline let timeout: UInt64?

    /// Creates the filter.
    @inlinable
    public init(_ policy: DeadlinePolicy = DeadlinePolicy()) {
        timeout = policy.timeout.map { UInt64($0.clampedNanoseconds) }
    }

    /// Sets the deadline and asks `next`.
    ///
    /// - Throws: `MeshError` with the code `deadlineExceeded` if it has passed already.
    @inlinable @inline(__always)
    public func call<Next: Service<Request, Response>>(
        _ request: Request,
        context: CallContext,
        next: Next
    ) async throws -> Response {
        var context = context
        var deadline = min(context.deadline, Deadline.inherited)
        if let timeout {
            let (nanoseconds, overflow) = context.startedAt.nanoseconds.addingReportingOverflow(timeout)
            if !overflow { deadline = min(deadline, Deadline(MeshInstant(nanoseconds: nanoseconds))) }
        }
        if deadline.hasExpired(at: context.startedAt) {
            throw MeshError(
                .deadlineExceeded,
                service: context.service,
                detail: "it had passed before the first attempt"
            )
        }
        context.deadline = deadline
        return try await next.call(request, context: context)
    }
}

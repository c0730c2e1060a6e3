import MeshCore

/// Holds a call back until discovery has answered. Stands below telemetry and the deadline, so that the waiting is
/// measured, and bounded by whatever bounds the call.
struct WaitForDiscovery<Request: Sendable, Response: Sendable>: Filter {
    let runtime: ServiceRuntime

    func call<Next: Service<Request, Response>>(
        _ request: Request,
        context: CallContext,
        next: Next
    ) async throws -> Response {
        try await runtime.becomeReady(for: context)
        var context = context
        context.attemptStartedAt = runtime.now
        return try await next.call(request, context: context)
    }
}

public import MeshCore

/// Measures whole calls: how many, how they ended, how long they took to the end of the body, how many are under way;
/// and makes a span of each where there is a tracer.
///
/// Belongs outermost, so that it sees what the caller sees. Every call is counted exactly once: when its body has
/// ended, or when it failed, or when its caller went away.
///
/// Costs one clock read and some metric updates; no allocation for responses that do not stream.
public struct TelemetryFilter<Request: Sendable, Response: CallResponse>: Filter {
    /// Names the span of a request. Of low cardinality: a method, a route, never an identifier.
    public typealias SpanName = @Sendable (_ request: Request) -> String

    @usableFromInline let measurement: Measurement<Request, Response>

    /// Creates the filter.
    ///
    /// - Parameters:
    ///   - metrics: The metrics of the service.
    ///   - tracer: Makes the spans.
    ///   - clock: The clock of the mesh.
    ///   - classifier: Tells good responses from bad ones.
    ///   - spanName: Names the spans; the name of the service by default.
    public init<Judge: Classifier>(
        metrics: ServiceMetrics,
        tracer: CallTracer = .bootstrapped,
        clock: MeshClock = .continuous,
        classifier: Judge,
        spanName: SpanName? = nil
    ) where Judge.Request == Request, Judge.Response == Response {
        measurement = Measurement(
            Ledger(of: .calls, in: metrics, clock: clock),
            tracer: tracer,
            classifier: classifier,
            spanName: spanName
        )
    }

    /// Asks `next`, and accounts for it.
    @inlinable
    public func call<Next: Service<Request, Response>>(
        _ request: Request,
        context: CallContext,
        next: Next
    ) async throws -> Response {
        if measurement.tracer.isEnabled { return try await callWithSpan(request, context: context, next: next) }
        measurement.ledger.metrics.callStarted()
        do {
            var response = try await next.call(request, context: context)
            measurement.follow(&response, to: request, since: context.startedAt)
            return response
        } catch {
            measurement.fail(error, since: context.startedAt)
            throw error
        }
    }

    @usableFromInline
    func callWithSpan<Next: Service<Request, Response>>(
        _ request: Request,
        context: CallContext,
        next: Next
    ) async throws -> Response {
        #if Telemetry
        measurement.ledger.metrics.callStarted()
        let span = measurement.makeSpan(request, context)
        do {
            var response = try await span.withCurrent { try await next.call(request, context: context) }
            measurement.follow(&response, to: request, since: context.startedAt, in: span)
            return response
        } catch {
            measurement.fail(error, since: context.startedAt, in: span)
            throw error
        }
        #else
        return try await next.call(request, context: context)
        #endif
    }
}

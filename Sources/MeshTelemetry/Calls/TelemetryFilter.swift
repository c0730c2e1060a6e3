public import MeshCore

/// Measures whole calls: how many, how they ended, how long they took to the end of the body, how many are under way;
/// and makes a span of each where there is a tracer.
///
/// Belongs outermost, so that it sees what the caller sees. Every call is counted exactly once: when its body has
/// ended, or when it failed, or when its caller went away.
///
/// Costs one clock read and some metric updates; no allocation for responses that are over when they are returned.
public struct TelemetryFilter<Request: Sendable, Response: CallResponse>: Filter {
    /// Names the span of a request. Of low cardinality: a method, a route, never an identifier.
    public typealias SpanName = @Sendable (_ request: Request) -> String

    @usableFromInline let metrics: ServiceMetrics
    @usableFromInline let clock: MeshClock
    @usableFromInline let judge: @Sendable (_ response: Response, _ request: Request) -> Outcome.Verdict
    @usableFromInline let tracer: CallTracer
    private let spanName: SpanName?

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
        self.metrics = metrics
        self.tracer = tracer
        self.clock = clock
        self.judge = { classifier.outcome(of: $0, to: $1).verdict }
        self.spanName = spanName
    }

    /// Asks `next`, and accounts for it.
    @inlinable @inline(__always)
    public func call<Next: Service<Request, Response>>(
        _ request: Request,
        context: CallContext,
        next: Next
    ) async throws -> Response {
        if tracer.isEnabled {
            let response = try await callWithSpan(request, context: context, next: next)
            await Detour.end()
            return response
        }
        metrics.callStarted()
        let start = context.startedAt
        do {
            var response = try await next.call(request, context: context)
            let result = CallResult(ofResponseWith: judge(response, request))
            if response.isOver {
                metrics.callEnded(result, after: clock.now.nanoseconds(since: start))
            } else {
                response.onEnd { [metrics, clock] end in
                    metrics.callEnded(result.finished(end), after: clock.now.nanoseconds(since: start))
                }
            }
            return response
        } catch {
            metrics.callEnded(CallResult(of: error), after: clock.now.nanoseconds(since: start))
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
        metrics.callStarted()
        let start = context.startedAt
        let span = CallSpan(spanName?(request), service: context.service, tracer: tracer)
        do {
            var response = try await span.withCurrent { try await next.call(request, context: context) }
            let result = CallResult(ofResponseWith: judge(response, request))
            response.onEnd { [metrics, clock] end in
                let result = result.finished(end)
                metrics.callEnded(result, after: clock.now.nanoseconds(since: start))
                span.end(result, error: end.error)
            }
            return response
        } catch {
            let result = CallResult(of: error)
            metrics.callEnded(result, after: clock.now.nanoseconds(since: start))
            span.end(result, error: error)
            throw error
        }
        #else
        return try await next.call(request, context: context)
        #endif
    }
}

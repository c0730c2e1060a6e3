public import MeshCore

/// Measures whole calls: how many, how they ended, how long they took to the end of the body, how many are under way;
/// and makes a span of each where there is a tracer.
///
/// Belongs outermost, so that it sees what the caller sees. Every call is counted exactly once: when its body has
/// ended, or when it failed, or when its caller went away.
///
/// Costs one clock read and some metric updates; no allocation for responses that do not stream.
public struct TelemetryFilter<Request: Sendable, Response: CallResponse>: Filter {
    /// Judges a response.
    public typealias Judge = @Sendable (_ response: Response, _ request: Request) -> Outcome.Verdict
    /// Names the span of a request. Of low cardinality: a method, a route, never an identifier.
    public typealias SpanName = @Sendable (_ request: Request) -> String

    @usableFromInline let metrics: ServiceMetrics
    @usableFromInline let tracer: CallTracer
    @usableFromInline let clock: MeshClock
    @usableFromInline let judge: Judge?
    let spanName: SpanName?

    /// Creates the filter; every response counts as a success.
    ///
    /// - Parameters:
    ///   - metrics: The metrics of the service.
    ///   - tracer: Makes the spans.
    ///   - clock: The clock of the mesh.
    ///   - spanName: Names the spans; the name of the service by default.
    public init(
        metrics: ServiceMetrics,
        tracer: CallTracer = .bootstrapped,
        clock: MeshClock = .continuous,
        spanName: SpanName? = nil
    ) {
        self.metrics = metrics
        self.tracer = tracer
        self.clock = clock
        self.spanName = spanName
        judge = nil
    }

    /// Creates the filter; `classifier` judges the responses.
    ///
    /// - Parameters:
    ///   - metrics: The metrics of the service.
    ///   - tracer: Makes the spans.
    ///   - clock: The clock of the mesh.
    ///   - classifier: Tells good responses from bad ones.
    ///   - spanName: Names the spans; the name of the service by default.
    public init<Responses: Classifier>(
        metrics: ServiceMetrics,
        tracer: CallTracer = .bootstrapped,
        clock: MeshClock = .continuous,
        classifier: Responses,
        spanName: SpanName? = nil
    ) where Responses.Request == Request, Responses.Response == Response {
        self.metrics = metrics
        self.tracer = tracer
        self.clock = clock
        self.spanName = spanName
        judge = { classifier.outcome(of: $0, to: $1).verdict }
    }

    /// Asks `next`, and accounts for it.
    @inlinable
    public func call<Next: Service<Request, Response>>(
        _ request: Request,
        context: CallContext,
        next: Next
    ) async throws -> Response {
        if tracer.isEnabled { return try await callWithSpan(request, context: context, next: next) }
        let start = context.startedAt
        metrics.callStarted()
        do {
            var response = try await next.call(request, context: context)
            let result = CallResult(ofResponseWith: judge?(response, request) ?? .success)
            if Response.isStreaming {
                response.onEnd { [metrics, clock] end in
                    metrics.callEnded(result.finished(end), after: clock.now.nanoseconds(since: start))
                }
            } else {
                metrics.callEnded(result, after: clock.now.nanoseconds(since: start))
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
        let start = context.startedAt
        metrics.callStarted()
        let span = CallSpan(
            spanName?(request) ?? context.service.rawValue,
            service: context.service,
            tracer: tracer
        )
        do {
            var response = try await span.withCurrent { try await next.call(request, context: context) }
            let result = CallResult(ofResponseWith: judge?(response, request) ?? .success)
            // A response that does not stream runs this at once.
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

public import MeshCore
public import MeshTracing

/// Measures attempts, makes a span of each where there is a tracer, and writes the trace context into the request.
///
/// With a tracer the attempt's own span travels, beside the baggage of `PropagationContext.current`.
/// Without one that whole context is passed on as it came; a request that has none keeps the headers it has.
///
/// Belongs right around the transport. The first attempt counts from the entry of its call into the mesh, which saves a
/// clock read; later ones from their own start. Every attempt is counted exactly once, when its body has ended.
public struct TelemetryTransport<Base: Transport>: Transport where Base.Request: HeaderCarrier {
    /// Judges a response.
    public typealias Judge = @Sendable (_ response: Base.Response, _ request: Base.Request) -> Outcome.Verdict
    /// Names the span of a request. Of low cardinality: a method, a route, never an identifier.
    public typealias SpanName = @Sendable (_ request: Base.Request) -> String

    @usableFromInline let base: Base
    @usableFromInline let metrics: ServiceMetrics
    @usableFromInline let tracer: CallTracer
    @usableFromInline let clock: MeshClock
    @usableFromInline let judge: Judge?
    let spanName: SpanName?

    /// Creates the transport around another; every response counts as a success.
    ///
    /// - Parameters:
    ///   - base: Sends the requests.
    ///   - metrics: The metrics of the service.
    ///   - tracer: Makes the spans.
    ///   - clock: The clock of the mesh.
    ///   - spanName: Names the spans; the name of the service by default.
    public init(
        _ base: Base,
        metrics: ServiceMetrics,
        tracer: CallTracer = .bootstrapped,
        clock: MeshClock = .continuous,
        spanName: SpanName? = nil
    ) {
        self.base = base
        self.metrics = metrics
        self.tracer = tracer
        self.clock = clock
        self.spanName = spanName
        judge = nil
    }

    /// Creates the transport around another; `classifier` judges the responses.
    ///
    /// - Parameters:
    ///   - base: Sends the requests.
    ///   - metrics: The metrics of the service.
    ///   - tracer: Makes the spans.
    ///   - clock: The clock of the mesh.
    ///   - classifier: Tells good responses from bad ones.
    ///   - spanName: Names the spans; the name of the service by default.
    public init<Responses: Classifier>(
        _ base: Base,
        metrics: ServiceMetrics,
        tracer: CallTracer = .bootstrapped,
        clock: MeshClock = .continuous,
        classifier: Responses,
        spanName: SpanName? = nil
    ) where Responses.Request == Base.Request, Responses.Response == Base.Response {
        self.base = base
        self.metrics = metrics
        self.tracer = tracer
        self.clock = clock
        self.spanName = spanName
        judge = { classifier.outcome(of: $0, to: $1).verdict }
    }

    /// Sends the request with the trace context in its headers, and accounts for it.
    @inlinable
    public func send(
        _ request: Base.Request,
        to endpoint: Endpoint,
        context: CallContext
    ) async throws -> Base.Response {
        let start = context.attempt == 1 ? context.startedAt : clock.now
        if tracer.isEnabled { return try await sendWithSpan(request, to: endpoint, context: context, start: start) }
        metrics.attemptStarted(number: context.attempt)
        do {
            var response: Base.Response
            if let propagation = PropagationContext.current {
                var request = request
                propagation.inject(into: &request)
                response = try await base.send(request, to: endpoint, context: context)
            } else {
                response = try await base.send(request, to: endpoint, context: context)
            }
            let result = CallResult(ofResponseWith: judge?(response, request) ?? .success)
            if Base.Response.isStreaming {
                response.onEnd { [metrics, clock] end in
                    metrics.attemptEnded(result.finished(end), after: clock.now.nanoseconds(since: start))
                }
            } else {
                metrics.attemptEnded(result, after: clock.now.nanoseconds(since: start))
            }
            return response
        } catch {
            metrics.attemptEnded(CallResult(of: error), after: clock.now.nanoseconds(since: start))
            throw error
        }
    }

    /// Passed on.
    @inlinable
    public func retire(_ endpoint: Endpoint) { base.retire(endpoint) }

    /// Passed on.
    @inlinable
    public func shutdown() async { await base.shutdown() }

    @usableFromInline
    func sendWithSpan(
        _ request: Base.Request,
        to endpoint: Endpoint,
        context: CallContext,
        start: MeshInstant
    ) async throws -> Base.Response {
        #if Telemetry
        metrics.attemptStarted(number: context.attempt)
        let span = CallSpan(
            spanName?(request) ?? context.service.rawValue,
            service: context.service,
            tracer: tracer
        )
        span.describeAttempt(context.attempt, to: endpoint.address)
        var injected = request
        span.inject(into: &injected, tracer: tracer)
        do {
            var response = try await span.withCurrent { [injected] in
                try await base.send(injected, to: endpoint, context: context)
            }
            let result = CallResult(ofResponseWith: judge?(response, request) ?? .success)
            // A response that does not stream runs this at once.
            response.onEnd { [metrics, clock] end in
                let result = result.finished(end)
                metrics.attemptEnded(result, after: clock.now.nanoseconds(since: start))
                span.end(result, error: end.error)
            }
            return response
        } catch {
            let result = CallResult(of: error)
            metrics.attemptEnded(result, after: clock.now.nanoseconds(since: start))
            span.end(result, error: error)
            throw error
        }
        #else
        return try await base.send(request, to: endpoint, context: context)
        #endif
    }
}

public import MeshCore
public import MeshTracing

/// Writes the trace context into every attempt's request, and makes a span of the attempt where there is a tracer.
///
/// With a tracer the attempt's own span travels, beside the baggage of `PropagationContext.current`.
/// Without one that whole context is passed on as it came; a request that has none keeps the headers it has.
///
/// Belongs right around the transport.
public struct TracingTransport<Base: Transport>: TransportLayer where Base.Request: HeaderCarrier {
    /// Names the span of a request. Of low cardinality: a method, a route, never an identifier.
    public typealias SpanName = @Sendable (_ request: Base.Request) -> String

    /// Sends the requests.
    public let base: Base

    @usableFromInline let tracer: CallTracer
    private let judge: @Sendable (_ response: Base.Response, _ request: Base.Request) -> Outcome.Verdict
    private let spanName: SpanName?

    /// Creates the transport around another.
    ///
    /// - Parameters:
    ///   - base: Sends the requests.
    ///   - tracer: Makes the spans.
    ///   - classifier: Tells good responses from bad ones.
    ///   - spanName: Names the spans; the name of the service by default.
    public init<Judge: Classifier>(
        _ base: Base,
        tracer: CallTracer = .bootstrapped,
        classifier: Judge,
        spanName: SpanName? = nil
    ) where Judge.Request == Base.Request, Judge.Response == Base.Response {
        self.base = base
        self.tracer = tracer
        self.judge = { classifier.outcome(of: $0, to: $1).verdict }
        self.spanName = spanName
    }

    /// Sends the request with the trace context in its headers.
    @inlinable @inline(__always)
    public func send(
        _ request: Base.Request,
        to endpoint: Endpoint,
        context: CallContext
    ) async throws -> Base.Response {
        if tracer.isEnabled {
            let response = try await sendWithSpan(request, to: endpoint, context: context)
            await Detour.end()
            return response
        }
        guard let propagation = PropagationContext.current else {
            return try await base.send(request, to: endpoint, context: context)
        }
        var request = request
        propagation.inject(into: &request)
        return try await base.send(request, to: endpoint, context: context)
    }

    @usableFromInline
    func sendWithSpan(
        _ request: Base.Request,
        to endpoint: Endpoint,
        context: CallContext
    ) async throws -> Base.Response {
        #if Telemetry
        let span = CallSpan(spanName?(request), service: context.service, tracer: tracer)
        span.describeAttempt(context.attempt, to: endpoint.address)
        var injected = request
        span.inject(into: &injected, tracer: tracer)
        do {
            var response = try await span.withCurrent { [injected] in
                try await base.send(injected, to: endpoint, context: context)
            }
            let result = CallResult(ofResponseWith: judge(response, request))
            response.onEnd { end in span.end(result.finished(end), error: end.error) }
            return response
        } catch {
            span.end(CallResult(of: error), error: error)
            throw error
        }
        #else
        return try await base.send(request, to: endpoint, context: context)
        #endif
    }
}

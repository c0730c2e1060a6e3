public import MeshCore
public import MeshTracing

/// Measures attempts, makes a span of each where there is a tracer, and writes the trace context into the request.
///
/// With a tracer the attempt's own span travels, beside the baggage of `PropagationContext.current`.
/// Without one that whole context is passed on as it came; a request that has none keeps the headers it has.
///
/// Belongs right around the transport. The first attempt counts from the entry of its call into the mesh, which saves a
/// clock read; later ones from their own start. Every attempt is counted exactly once, when its body has ended.
public struct TelemetryTransport<Base: Transport>: TransportLayer where Base.Request: HeaderCarrier {
    /// Names the span of a request. Of low cardinality: a method, a route, never an identifier.
    public typealias SpanName = @Sendable (_ request: Base.Request) -> String

    /// Sends the requests.
    public let base: Base

    @usableFromInline let measurement: Measurement<Base.Request, Base.Response>

    /// Creates the transport around another.
    ///
    /// - Parameters:
    ///   - base: Sends the requests.
    ///   - metrics: The metrics of the service.
    ///   - tracer: Makes the spans.
    ///   - clock: The clock of the mesh.
    ///   - classifier: Tells good responses from bad ones.
    ///   - spanName: Names the spans; the name of the service by default.
    public init<Judge: Classifier>(
        _ base: Base,
        metrics: ServiceMetrics,
        tracer: CallTracer = .bootstrapped,
        clock: MeshClock = .continuous,
        classifier: Judge,
        spanName: SpanName? = nil
    ) where Judge.Request == Base.Request, Judge.Response == Base.Response {
        self.base = base
        measurement = Measurement(
            Ledger(of: .attempts, in: metrics, clock: clock),
            tracer: tracer,
            classifier: classifier,
            spanName: spanName
        )
    }

    /// Sends the request with the trace context in its headers, and accounts for it.
    @inlinable
    public func send(
        _ request: Base.Request,
        to endpoint: Endpoint,
        context: CallContext
    ) async throws -> Base.Response {
        let start = context.attempt == 1 ? context.startedAt : measurement.ledger.clock.now
        if measurement.tracer.isEnabled {
            return try await sendWithSpan(request, to: endpoint, context: context, start: start)
        }
        measurement.ledger.metrics.attemptStarted(number: context.attempt)
        do {
            var response: Base.Response
            if let propagation = PropagationContext.current {
                var request = request
                propagation.inject(into: &request)
                response = try await base.send(request, to: endpoint, context: context)
            } else {
                response = try await base.send(request, to: endpoint, context: context)
            }
            measurement.follow(&response, to: request, since: start)
            return response
        } catch {
            measurement.fail(error, since: start)
            throw error
        }
    }

    @usableFromInline
    func sendWithSpan(
        _ request: Base.Request,
        to endpoint: Endpoint,
        context: CallContext,
        start: MeshInstant
    ) async throws -> Base.Response {
        #if Telemetry
        measurement.ledger.metrics.attemptStarted(number: context.attempt)
        let span = measurement.makeSpan(request, context)
        span.describeAttempt(context.attempt, to: endpoint.address)
        var injected = request
        span.inject(into: &injected, tracer: measurement.tracer)
        do {
            var response = try await span.withCurrent { [injected] in
                try await base.send(injected, to: endpoint, context: context)
            }
            measurement.follow(&response, to: request, since: start, in: span)
            return response
        } catch {
            measurement.fail(error, since: start, in: span)
            throw error
        }
        #else
        return try await base.send(request, to: endpoint, context: context)
        #endif
    }
}

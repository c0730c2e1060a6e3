public import MeshCore

/// What a request brings along and its successors must pass on: a position in a trace, and baggage.
///
/// A service that records no traces of its own still has to hand on what it was given, or the traces of others break
/// in the middle. Bind the context of an inbound request, and every call made through the mesh inside carries it:
///
/// ```swift
/// let context = PropagationContext(extractedFrom: request)
/// try await PropagationContext.$inherited.withValue(context) {
///     try await handle(request)
/// }
/// ```
///
/// Nothing is invented: without an inbound trace, none is sent.
public struct PropagationContext: Hashable, Sendable {
    /// The position in a trace; `nil` if the request belongs to none.
    public var trace: TraceContext?
    /// What the application gave the request to carry.
    public var baggage: Baggage

    /// Creates a context.
    public init(trace: TraceContext? = nil, baggage: Baggage = Baggage()) {
        self.trace = trace
        self.baggage = baggage
    }

    /// Reads `traceparent`, `tracestate` and `baggage` from the headers of a request.
    ///
    /// What is malformed counts as absent.
    public init(extractedFrom carrier: some HeaderCarrier) {
        self.init(
            traceparent: carrier.headerValues(HeaderName.traceparent),
            tracestate: { carrier.headerValues(HeaderName.tracestate) },
            baggage: carrier.headerValues(HeaderName.baggage)
        )
    }

    /// Whether there is nothing to pass on.
    public var isEmpty: Bool { trace == nil && baggage.isEmpty }

    /// Writes `traceparent`, `tracestate` and `baggage` into the headers of a request.
    ///
    /// Replaces the headers that there is something to write for, and leaves the others alone. A request whose own
    /// `tracestate` would be left beside another `traceparent` gets an empty one.
    public func inject(into carrier: inout some HeaderCarrier) {
        if let trace, trace.state.isEmpty, !carrier.headerValues(HeaderName.tracestate).isEmpty {
            carrier.setHeader(HeaderName.tracestate, to: "")
        }
        write { carrier.setHeader($0, to: $1) }
    }

    /// Hands over the headers that there is something to write for, by name and value.
    func write(_ header: (String, String) -> Void) {
        if let trace {
            header(HeaderName.traceparent, trace.parent.description)
            if !trace.state.isEmpty { header(HeaderName.tracestate, trace.state.description) }
        }
        if !baggage.isEmpty { header(HeaderName.baggage, baggage.description) }
    }

    /// Writes `baggage` alone, for requests whose trace a tracer takes care of.
    public func injectBaggage(into carrier: inout some HeaderCarrier) {
        if !baggage.isEmpty { carrier.setHeader(HeaderName.baggage, to: baggage.description) }
    }

    /// The context that the current task inherited, from an inbound request as a rule; `nil` if there is none.
    @TaskLocal public static var inherited: PropagationContext?

    init(traceparent: [String], tracestate: () -> [String], baggage: [String]) {
        trace = traceparent.isEmpty ? nil : TraceContext(traceparent: traceparent, tracestate: tracestate())
        self.baggage = baggage.isEmpty ? Baggage() : Baggage(headerValues: baggage)
    }
}

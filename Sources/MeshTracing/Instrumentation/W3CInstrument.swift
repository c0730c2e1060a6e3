#if Telemetry
public import Instrumentation

/// Carries W3C trace context and baggage across a process that has no tracer.
///
/// ```swift
/// InstrumentationSystem.bootstrap(W3CInstrument())
/// ```
///
/// From then on everything that speaks swift-distributed-tracing (the tracing middleware of a server, an HTTP client)
/// finds the context of the inbound request in `InstrumentationContext.current` and passes it on unchanged.
///
/// Where there is a tracer, the trace is its business. If it does not carry baggage, add that to it:
///
/// ```swift
/// InstrumentationSystem.bootstrap(MultiplexInstrument([tracer, W3CInstrument(.baggage)]))
/// ```
public struct W3CInstrument: Instrument {
    /// What an instrument carries.
    public enum Content: Hashable, Sendable {
        /// `traceparent`, `tracestate` and `baggage`.
        case traceAndBaggage
        /// `baggage` alone, beside a tracer.
        case baggage
    }

    private let content: Content

    /// Creates an instrument.
    public init(_ content: Content = .traceAndBaggage) {
        self.content = content
    }

    /// Reads the W3C headers of `carrier` into `InstrumentationContext.propagation`.
    ///
    /// Without any valid header the context stays as it is.
    public func extract<Carrier, Extract: Extractor>(
        _ carrier: Carrier,
        into context: inout InstrumentationContext,
        using extractor: Extract
    ) where Extract.Carrier == Carrier {
        func values(_ name: String) -> [String] { extractor.extract(key: name, from: carrier).map { [$0] } ?? [] }

        let extracted = PropagationContext(
            traceparent: content == .baggage ? [] : values(HeaderName.traceparent),
            tracestate: { values(HeaderName.tracestate) },
            baggage: values(HeaderName.baggage)
        )
        if !extracted.isEmpty { context.propagation = extracted }
    }

    /// Writes `InstrumentationContext.propagation` into the W3C headers of `carrier`.
    public func inject<Carrier, Inject: Injector>(
        _ context: InstrumentationContext,
        into carrier: inout Carrier,
        using injector: Inject
    ) where Inject.Carrier == Carrier {
        context.propagation?.write { injector.inject($1, forKey: $0, into: &carrier) }
    }
}

private enum PropagationKey: InstrumentationContextKey {
    typealias Value = PropagationContext
    static var nameOverride: String? { "w3c-propagation" }
}

extension InstrumentationContext {
    /// What the inbound request brought along and outgoing ones pass on. Set by ``MeshTracing/W3CInstrument``.
    public var propagation: PropagationContext? {
        get { self[PropagationKey.self] }
        set { self[PropagationKey.self] = newValue }
    }
}
#endif

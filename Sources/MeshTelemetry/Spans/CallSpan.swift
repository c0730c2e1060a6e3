#if Telemetry
import MeshCore
import MeshTracing
import Tracing

/// The span of a call or an attempt.
struct CallSpan: Sendable {
    private let span: any Span

    /// Starts a client span inside the current one; named like the service by default.
    init(_ name: String?, service: ServiceName, tracer: CallTracer) {
        span = tracer.tracer.startAnySpan(name ?? service.rawValue, ofKind: .client)
        span.attributes["peer.service"] = service.rawValue
    }

    /// Says which endpoint is asked, and how often the call was tried before.
    func describeAttempt(_ number: Int, to address: Address) {
        span.updateAttributes { attributes in
            switch address {
            case .unix(let path):
                attributes["server.address"] = path
            case .ip, .host:
                attributes["server.address"] = address.host
                attributes["server.port"] = address.port.map { Int64($0) }
            }
            if number > 1 { attributes["http.request.resend_count"] = Int64(number - 1) }
        }
    }

    /// Runs `operation` with the span as the current one.
    func withCurrent<Value: Sendable>(_ operation: () async throws -> Value) async throws -> Value {
        try await InstrumentationContext.$current.withValue(span.context, operation: operation)
    }

    /// Writes the position in the trace into a request.
    func inject<Carrier: HeaderCarrier>(into carrier: inout Carrier, tracer: CallTracer) {
        // The tracer comes second, so that its own word on baggage counts if it has one.
        PropagationContext.current?.injectBaggage(into: &carrier)
        tracer.tracer.inject(span.context, into: &carrier, using: HeaderInjector())
    }

    /// Ends the span.
    func end(_ result: CallResult, error: (any Error)? = nil) {
        if result != .success {
            span.attributes["error.type"] = error.map { "\(type(of: $0))" } ?? result.name
            if let error { span.recordError(error) }
            // Going away is the caller's right, not an error.
            if result != .cancelled { span.setStatus(SpanStatus(code: .error, message: error.map { "\($0)" })) }
        }
        span.end()
    }
}

private struct HeaderInjector<Carrier: HeaderCarrier>: Injector {
    func inject(_ value: String, forKey key: String, into carrier: inout Carrier) {
        carrier.setHeader(key, to: value)
    }
}

extension ResponseEnd {
    var error: (any Error)? {
        if case .failed(let error) = self { error } else { nil }
    }
}
#endif

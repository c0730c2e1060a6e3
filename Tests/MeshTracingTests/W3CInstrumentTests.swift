#if Telemetry
import InMemoryTracing
import Instrumentation
import MeshTracing
import Testing
import Tracing

@Suite struct W3CInstrumentTests {
    private static let parent = "00-12345678901234567890123456789012-1234567890123456-01"
    private static let inbound = [
        "traceparent": parent, "tracestate": "foo=1", "baggage": "user=alice",
    ]

    struct DictionaryCarrier: Extractor, Injector {
        func extract(key: String, from carrier: [String: String]) -> String? { carrier[key] }
        func inject(_ value: String, forKey key: String, into carrier: inout [String: String]) {
            carrier[key] = value
        }
    }

    private func hop(_ instrument: some Instrument, _ headers: [String: String]) -> [String: String] {
        var context = InstrumentationContext.topLevel
        instrument.extract(headers, into: &context, using: DictionaryCarrier())
        var outbound: [String: String] = [:]
        instrument.inject(context, into: &outbound, using: DictionaryCarrier())
        return outbound
    }

    @Test func `context survives a hop without a tracer`() {
        #expect(hop(W3CInstrument(), Self.inbound) == Self.inbound)
    }

    @Test func `nothing is invented`() {
        #expect(hop(W3CInstrument(), [:]) == [:])
        #expect(hop(W3CInstrument(), ["traceparent": "broken", "tracestate": "foo=1"]) == [:])
    }

    @Test func `two traceparents joined into one value are none`() {
        #expect(hop(W3CInstrument(), ["traceparent": "\(Self.parent), \(Self.parent)"]) == [:])
    }

    @Test func `beside a tracer it carries baggage alone`() {
        #expect(hop(W3CInstrument(.baggage), Self.inbound) == ["baggage": "user=alice"])
    }

    @Test func `the context is found by outgoing calls, before the inherited one`() {
        var context = InstrumentationContext.topLevel
        W3CInstrument().extract(Self.inbound, into: &context, using: DictionaryCarrier())
        PropagationContext.$inherited.withValue(PropagationContext(baggage: Baggage("other=1"))) {
            InstrumentationContext.withValue(context) {
                #expect(PropagationContext.current?.trace?.parent.description == Self.parent)
                #expect(PropagationContext.current?.baggage["user"] == "alice")
            }
            #expect(PropagationContext.current?.baggage["other"] == "1")
        }
    }

    @Test func `spans hand the context on to what runs inside them`() {
        var context = InstrumentationContext.topLevel
        W3CInstrument(.baggage).extract(Self.inbound, into: &context, using: DictionaryCarrier())
        let span = InMemoryTracer().startSpan("inbound", context: context)
        defer { span.end() }
        #expect(span.context.propagation?.baggage["user"] == "alice")
    }
}
#endif

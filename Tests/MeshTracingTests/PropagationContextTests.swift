import MeshTracing
import Testing

@Suite struct PropagationContextTests {
    private static let parent = "00-12345678901234567890123456789012-1234567890123456-01"

    @Test func `what came in goes out`() {
        let inbound = HeaderFields([
            ("TraceParent", Self.parent), ("TRACESTATE", "foo=1"), ("tracestate", "bar=2"), ("Baggage", "user=alice"),
        ])
        let context = PropagationContext(extractedFrom: inbound)
        var outbound = HeaderFields([("accept", "*/*")])
        context.inject(into: &outbound)
        #expect(outbound.headerValues("traceparent") == [Self.parent])
        #expect(outbound.headerValues("tracestate") == ["foo=1,bar=2"])
        #expect(outbound.headerValues("baggage") == ["user=alice"])
        #expect(outbound.headerValues("accept") == ["*/*"])
    }

    @Test(
        "without one valid traceparent there is no trace, whatever the tracestate says",
        arguments: [
            [], [("trace-parent", parent)], [("trace.parent", parent)],
            [("traceparent", parent), ("traceparent", parent)],
            [("traceparent", "ff" + parent.dropFirst(2))], [("traceparent", "")],
        ] as [[(String, String)]]
    )
    func invalidParent(fields: [(String, String)]) {
        let context = PropagationContext(
            extractedFrom: HeaderFields(fields + [("tracestate", "foo=1"), ("baggage", "a=1")])
        )
        #expect(context.trace == nil)
        #expect(context.baggage["a"] == "1")
        var outbound = HeaderFields()
        context.inject(into: &outbound)
        #expect(outbound.fields.map(\.name) == ["baggage"])
    }

    @Test func `an invalid tracestate does not harm the traceparent`() {
        let context = PropagationContext(
            extractedFrom: HeaderFields([("traceparent", Self.parent), ("tracestate", "foo=,bar=3")])
        )
        #expect(context.trace?.parent.description == Self.parent)
        #expect(context.trace?.state.isEmpty == true)
    }

    @Test func `without a context the request keeps what its sender wrote`() {
        let context = PropagationContext(extractedFrom: HeaderFields())
        #expect(context.isEmpty)
        let written = HeaderFields([("traceparent", Self.parent), ("baggage", "a=1")])
        var outbound = written
        context.inject(into: &outbound)
        #expect(outbound == written)
    }

    @Test func `a tracestate does not stay beside a foreign traceparent`() {
        let context = PropagationContext(extractedFrom: HeaderFields([("traceparent", Self.parent)]))
        var outbound = HeaderFields([("tracestate", "old=1")])
        context.inject(into: &outbound)
        #expect(outbound.headerValues("tracestate") == [""])
    }

    @Test func `the inherited context reaches the calls of the task and of its children`() async {
        #expect(PropagationContext.current == nil)
        let context = PropagationContext(baggage: Baggage("a=1"))
        await PropagationContext.$inherited.withValue(context) {
            #expect(PropagationContext.current == context)
            async let child = PropagationContext.current
            let seen = await child
            #expect(seen == context)
        }
        #expect(PropagationContext.current == nil)
    }
}

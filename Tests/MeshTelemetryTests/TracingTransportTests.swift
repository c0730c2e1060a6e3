#if Telemetry
import InMemoryTracing
import MeshCore
import MeshTelemetry
import MeshTesting
import MeshTracing
import Synchronization
import TestSupport
import Testing
import Tracing

@Suite struct TracingTransportTests {
    private static let parent = "00-12345678901234567890123456789012-1234567890123456-01"

    private let probe = MetricsProbe()
    private let time = ManualClock()
    private let base: InProcessTransport<TestRequest, String>
    private let endpoint: Endpoint
    private let received = Received()

    final class Received: Sendable {
        private let requests = Mutex<[TestRequest]>([])

        var last: TestRequest? { requests.withLock { $0.last } }

        func append(_ request: TestRequest) { requests.withLock { $0.append(request) } }
    }

    init() {
        base = InProcessTransport(clock: time.clock)
        endpoint = base.serve(at: "10.0.0.1:8080") { [received] request, _ in
            received.append(request)
            return request.headers["answer"] ?? "good"
        }
    }

    private func transport(_ tracer: CallTracer = .none) -> TracingTransport<
        InProcessTransport<TestRequest, String>
    > {
        TracingTransport(
            base,
            tracer: tracer,
            classifier: TextClassifier<TestRequest>()
        )
    }

    private func context() -> CallContext { CallContext(service: "users", startedAt: time.now) }

    @Test func `retirement and shutdown are passed on`() async {
        let transport = transport()
        transport.retire(endpoint)
        await transport.shutdown()
        #expect(base.retirementCount(of: endpoint) == 1)
        #expect(base.isShutDown)
    }

    // MARK: Propagation

    @Test func `without a tracer the inherited context is passed on unchanged`() async throws {
        let inbound = TestRequest(headers: [
            "traceparent": Self.parent, "tracestate": "foo=1", "baggage": "user=alice",
        ])
        let transport = transport()
        let (endpoint, context) = (endpoint, context())
        _ = try await PropagationContext.$inherited.withValue(PropagationContext(extractedFrom: inbound)) {
            try await transport.send(TestRequest(headers: ["accept": "*/*"]), to: endpoint, context: context)
        }
        #expect(received.last?.headers == inbound.headers.merging(["accept": "*/*"]) { $1 })
    }

    @Test func `without a tracer the context of the W3C instrument is passed on`() async throws {
        var bound = InstrumentationContext.topLevel
        bound.propagation = PropagationContext(baggage: Baggage("user=alice"))
        let transport = transport()
        let (endpoint, context) = (endpoint, context())
        _ = try await InstrumentationContext.withValue(bound) {
            try await transport.send(TestRequest(), to: endpoint, context: context)
        }
        #expect(received.last?.headers == ["baggage": "user=alice"])
    }

    @Test func `without any context nothing is invented, and the caller's own headers stay`() async throws {
        _ = try await transport().send(
            TestRequest(headers: ["traceparent": Self.parent]),
            to: endpoint,
            context: context()
        )
        #expect(received.last?.headers == ["traceparent": Self.parent])
        _ = try await transport().send(TestRequest(), to: endpoint, context: context())
        #expect(received.last?.headers == [:])
    }

    @Test func `with a tracer the span of the attempt travels, beside the baggage`() async throws {
        let tracer = InMemoryTracer()
        var bound = InstrumentationContext.topLevel
        bound.propagation = PropagationContext(
            trace: TraceParent(Self.parent).map { TraceContext(parent: $0) },
            baggage: Baggage("user=alice")
        )
        let transport = transport(CallTracer(tracer))
        let (endpoint, context) = (endpoint, context())
        _ = try await InstrumentationContext.withValue(bound) {
            try await transport.send(TestRequest(), to: endpoint, context: context)
        }
        let span = try #require(tracer.finishedSpans.first)
        #expect(
            received.last?.headers == [
                InMemoryTracer.spanIDKey: span.spanID, InMemoryTracer.traceIDKey: span.traceID,
                "baggage": "user=alice",
            ]
        )
    }

    // MARK: Spans

    @Test func `attempts are children of the call's span and say whom they asked, and how often before`()
        async throws
    {
        let tracer = InMemoryTracer()
        let transport = transport(CallTracer(tracer))
        let endpoint = endpoint
        base.script([.refused], at: endpoint)
        let service = FunctionService<TestRequest, String> { request, context in
            do {
                return try await transport.send(request, to: endpoint, context: context)
            } catch {
                var context = context
                context.attempt = 2
                return try await transport.send(request, to: endpoint, context: context)
            }
        }.filtered(
            by: TelemetryFilter(
                metrics: probe.metrics,
                tracer: CallTracer(tracer),
                clock: time.clock,
                classifier: TextClassifier<TestRequest>()
            )
        )
        _ = try await service.call(TestRequest(), context: context())
        let spans = tracer.finishedSpans
        try #require(spans.count == 3)
        let (first, second, call) = (spans[0], spans[1], spans[2])
        #expect(first.parentSpanID == call.spanID)
        #expect(second.parentSpanID == call.spanID)
        #expect(call.parentSpanID == nil)
        #expect([first, second].map { $0.attributes.get("server.address") } == ["10.0.0.1", "10.0.0.1"])
        #expect([first, second].map { $0.attributes.get("server.port") } == [.int64(8080), .int64(8080)])
        #expect([first, second].map { $0.attributes.get("http.request.resend_count") } == [nil, .int64(1)])
        #expect([first, second, call].map(\.status?.code) == [.error, nil, nil])
        #expect(first.attributes.get("error.type") == "InProcessError")
    }

    @Test func `the span of a streaming attempt ends with its body`() async throws {
        let tracer = InMemoryTracer()
        let base = InProcessTransport<TestRequest, StreamedResponse>(clock: time.clock)
        let endpoint = base.serve(at: "10.0.0.1:8080") { _, _ in StreamedResponse() }
        let transport = TracingTransport(base, tracer: CallTracer(tracer), classifier: PlainClassifier())
        let response = try await transport.send(TestRequest(), to: endpoint, context: context())
        #expect(tracer.finishedSpans.isEmpty)
        response.body.end(.failed(Broken()))
        #expect(tracer.finishedSpans.map(\.status?.code) == [.error])
    }

    @Test func `a Unix socket is an address without a port`() async throws {
        let tracer = InMemoryTracer()
        let endpoint = base.serve(at: "unix:/run/users.sock") { _, _ in "good" }
        _ = try await transport(CallTracer(tracer)).send(TestRequest(), to: endpoint, context: context())
        let span = try #require(tracer.finishedSpans.first)
        #expect(span.attributes.get("server.address") == "/run/users.sock")
        #expect(span.attributes.get("server.port") == nil)
    }
}
#endif

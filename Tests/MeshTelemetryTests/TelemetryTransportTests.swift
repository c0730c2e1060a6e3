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

@Suite struct TelemetryTransportTests {
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

    private func transport(_ tracer: CallTracer = .none) -> TelemetryTransport<
        InProcessTransport<TestRequest, String>
    > {
        TelemetryTransport(
            base,
            metrics: probe.metrics,
            tracer: tracer,
            clock: time.clock,
            classifier: TextClassifier<TestRequest>()
        )
    }

    private func context(attempt: Int = 1) -> CallContext {
        var context = CallContext(service: "users", startedAt: time.now)
        context.attempt = attempt
        return context
    }

    // MARK: Accounting

    @Test("attempts are counted by outcome, later ones as retries", arguments: TelemetryFilterTests.Spans.allCases)
    func accounting(spans: TelemetryFilterTests.Spans) async throws {
        let transport = transport(spans.tracer)
        _ = try await transport.send(TestRequest(), to: endpoint, context: context())
        _ = try await transport.send(
            TestRequest(headers: ["answer": "bad"]),
            to: endpoint,
            context: context(attempt: 2)
        )
        base.script([.refused, .error(CancellationError())], at: endpoint)
        _ = try? await transport.send(TestRequest(), to: endpoint, context: context(attempt: 3))
        _ = try? await transport.send(TestRequest(), to: endpoint, context: context(attempt: 4))
        #expect(probe.counts(MetricName.attempts) == [.success: 1, .failure: 2, .cancelled: 1])
        #expect(probe.counter(MetricName.retries) == 3)
        #expect(probe.counter(MetricName.calls) == 0)
    }

    @Test func `the first attempt counts from the entry of the call, a later one from its start`() async throws {
        let first = context()
        let second = context(attempt: 2)
        time.advance(by: .milliseconds(7))
        let transport = transport()
        _ = try await transport.send(TestRequest(), to: endpoint, context: first)
        _ = try await transport.send(TestRequest(), to: endpoint, context: second)
        #expect(probe.durations(MetricName.attemptDuration, .success).sorted() == [0, 7_000_000])
    }

    @Test("a streaming attempt lasts until its body ends", arguments: TelemetryFilterTests.Spans.allCases)
    func streaming(spans: TelemetryFilterTests.Spans) async throws {
        let base = InProcessTransport<TestRequest, StreamedResponse>(clock: time.clock)
        let endpoint = base.serve(at: "10.0.0.1:8080") { _, _ in StreamedResponse() }
        let transport = TelemetryTransport(
            base,
            metrics: probe.metrics,
            tracer: spans.tracer,
            clock: time.clock,
            classifier: PlainClassifier()
        )
        let response = try await transport.send(TestRequest(), to: endpoint, context: context())
        #expect(probe.counts(MetricName.attempts).isEmpty)
        time.advance(by: .seconds(1))
        response.body.end(.failed(Broken()))
        #expect(probe.counts(MetricName.attempts) == [.failure: 1])
        #expect(probe.durations(MetricName.attemptDuration, .failure) == [1_000_000_000])
    }

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

#if Telemetry
import InMemoryTracing
import MeshCore
import MeshTelemetry
import MeshTesting
import TestSupport
import Testing
import Tracing

@Suite struct TelemetryFilterTests {
    private let probe = MetricsProbe()
    private let time = ManualClock()

    private var context: CallContext { CallContext(service: "users", startedAt: time.now) }

    private func filter<Response: CallResponse>(
        tracer: CallTracer = .none,
        answering: Response.Type
    ) -> TelemetryFilter<TestRequest, Response> {
        TelemetryFilter(metrics: probe.metrics, tracer: tracer, clock: time.clock, classifier: PlainClassifier())
    }

    /// Every test of the accounting runs without and with a tracer: these are two paths.
    enum Spans: CaseIterable {
        case off, on

        var tracer: CallTracer { self == .off ? .none : CallTracer(InMemoryTracer()) }
    }

    // MARK: Accounting

    @Test("a response is counted with its duration", arguments: Spans.allCases)
    func success(spans: Spans) async throws {
        let service = FunctionService<TestRequest, String> { [time] _, _ in
            time.advance(by: .milliseconds(3))
            return "good"
        }.filtered(by: filter(tracer: spans.tracer, answering: String.self))
        #expect(try await service.call(TestRequest(), context: context) == "good")
        #expect(probe.counts(MetricName.calls) == [.success: 1])
        #expect(probe.durations(MetricName.callDuration, .success) == [3_000_000])
        #expect(try probe.meter(MetricName.activeCalls) == 0)
    }

    @Test("an error is counted and passed on", arguments: Spans.allCases)
    func failure(spans: Spans) async throws {
        let errors: [any Error] = [
            Broken(), MeshError(.deadlineExceeded, service: "users"), CancellationError(), Overload(),
        ]
        for error in errors {
            let service = FunctionService<TestRequest, String> { [time] _, _ in
                time.advance(by: .milliseconds(1))
                throw error
            }.filtered(by: filter(tracer: spans.tracer, answering: String.self))
            await #expect(throws: (any Error).self) { try await service.call(TestRequest(), context: context) }
        }
        #expect(probe.counts(MetricName.calls) == [.failure: 1, .timeout: 1, .cancelled: 1, .overloaded: 1])
        #expect(probe.durations(MetricName.callDuration, .failure) == [1_000_000])
        #expect(try probe.meter(MetricName.activeCalls) == 0)
    }

    @Test("a classifier judges responses", arguments: Spans.allCases)
    func classified(spans: Spans) async throws {
        let service = FunctionService<TestRequest, String> { request, _ in request.headers["answer"] ?? "" }
            .filtered(
                by: TelemetryFilter(
                    metrics: probe.metrics,
                    tracer: spans.tracer,
                    clock: time.clock,
                    classifier: TextClassifier<TestRequest>()
                )
            )
        for answer in ["good", "bad", "busy", "odd"] {
            _ = try await service.call(TestRequest(headers: ["answer": answer]), context: context)
        }
        #expect(probe.counts(MetricName.calls) == [.success: 2, .failure: 1, .overloaded: 1])
    }

    @Test("a streaming call lasts until its body ends", arguments: Spans.allCases)
    func streaming(spans: Spans) async throws {
        let service = FunctionService<TestRequest, StreamedResponse> { _, _ in StreamedResponse() }
            .filtered(by: filter(tracer: spans.tracer, answering: StreamedResponse.self))
        let ends: [ResponseEnd] = [
            .complete, .dropped, .failed(Broken()), .failed(CancellationSignal.Reason.deadlineExceeded),
        ]
        for end in ends {
            let before = probe.counter(MetricName.calls)
            let response = try await service.call(TestRequest(), context: context)
            #expect(probe.counter(MetricName.calls) == before)
            #expect(try probe.meter(MetricName.activeCalls) == 1)
            time.advance(by: .seconds(2))
            response.body.end(end)
            #expect(probe.counter(MetricName.calls) == before + 1)
            #expect(try probe.meter(MetricName.activeCalls) == 0)
        }
        #expect(probe.counts(MetricName.calls) == [.success: 2, .failure: 1, .timeout: 1])
        #expect(probe.durations(MetricName.callDuration, .success) == [2_000_000_000, 2_000_000_000])
    }

    @Test("a cancelled caller is counted once", arguments: Spans.allCases)
    func cancellation(spans: Spans) async throws {
        let service = FunctionService<TestRequest, String> { [time] _, _ in
            try await time.clock.sleep(until: .distantFuture)
            return "late"
        }.filtered(by: filter(tracer: spans.tracer, answering: String.self))
        let context = context
        let call = Task { try await service.call(TestRequest(), context: context) }
        await time.sleepers()
        #expect(try probe.meter(MetricName.activeCalls) == 1)
        call.cancel()
        await #expect(throws: CancellationError.self) { try await call.value }
        #expect(probe.counts(MetricName.calls) == [.cancelled: 1])
        #expect(try probe.meter(MetricName.activeCalls) == 0)
    }

    @Test func `a thousand concurrent calls are counted a thousand times`() async throws {
        let service = FunctionService<TestRequest, String> { request, _ in
            await Task.yield()
            if request.headers["fail"] != nil { throw Broken() }
            return "good"
        }.filtered(by: filter(answering: String.self))
        let context = context
        await withTaskGroup(of: Void.self) { group in
            for index in 0..<1_000 {
                group.addTask {
                    let request = TestRequest(headers: index % 4 == 0 ? ["fail": "yes"] : [:])
                    _ = try? await service.call(request, context: context)
                }
            }
        }
        #expect(probe.counts(MetricName.calls) == [.success: 750, .failure: 250])
        #expect(try probe.meter(MetricName.activeCalls) == 0)
    }

    // MARK: Spans

    @Test func `a call has a client span, current while it runs`() async throws {
        let tracer = InMemoryTracer()
        let service = FunctionService<TestRequest, String> { _, _ in
            InstrumentationContext.current?.inMemorySpanContext?.spanID ?? "none"
        }.filtered(by: filter(tracer: CallTracer(tracer), answering: String.self))
        let parent = tracer.startSpan("inbound")
        let context = context
        let seen = try await InstrumentationContext.withValue(parent.context) {
            try await service.call(TestRequest(), context: context)
        }
        let span = try #require(tracer.finishedSpans.first)
        #expect(tracer.finishedSpans.count == 1)
        #expect(span.operationName == "users")
        #expect(span.kind == .client)
        #expect(span.parentSpanID == parent.spanID)
        #expect(span.spanID == seen)
        #expect(span.attributes.get("peer.service") == "users")
        #expect(span.status == nil)
        #expect(span.errors.isEmpty)
    }

    @Test func `the span of a streaming call ends with its body and has its error`() async throws {
        let tracer = InMemoryTracer()
        let service = FunctionService<TestRequest, StreamedResponse> { _, _ in StreamedResponse() }
            .filtered(by: filter(tracer: CallTracer(tracer), answering: StreamedResponse.self))
        let response = try await service.call(TestRequest(), context: context)
        #expect(tracer.finishedSpans.isEmpty)
        #expect(tracer.activeSpans.count == 1)
        response.body.end(.failed(Broken()))
        let span = try #require(tracer.finishedSpans.first)
        #expect(tracer.activeSpans.isEmpty)
        #expect(span.status?.code == .error)
        #expect(span.attributes.get("error.type") == "Broken")
        #expect(span.errors.count == 1)
    }

    @Test func `a bad response marks the span, a cancelled call does not make it an error`() async throws {
        let tracer = InMemoryTracer()
        let service = FunctionService<TestRequest, String> { request, _ in
            if request.headers["cancel"] != nil { throw CancellationError() }
            return "bad"
        }.filtered(
            by: TelemetryFilter(
                metrics: probe.metrics,
                tracer: CallTracer(tracer),
                clock: time.clock,
                classifier: TextClassifier<TestRequest>(),
                spanName: { $0.headers["name"] ?? "?" }
            )
        )
        _ = try await service.call(TestRequest(headers: ["name": "GET /users"]), context: context)
        _ = try? await service.call(
            TestRequest(headers: ["name": "POST /users", "cancel": "yes"]),
            context: context
        )
        let spans = tracer.finishedSpans
        #expect(spans.map(\.operationName) == ["GET /users", "POST /users"])
        #expect(spans.map(\.status?.code) == [.error, nil])
        #expect(spans.map { $0.attributes.get("error.type") } == ["failure", "CancellationError"])
    }

    @Test func `the tracer of the task is found, a tracer that does nothing is none`() async throws {
        let tracer = InMemoryTracer()
        let filter = withTracer(tracer) {
            TelemetryFilter(metrics: probe.metrics, clock: time.clock, classifier: TextClassifier<TestRequest>())
        }
        let service = FunctionService<TestRequest, String> { _, _ in "good" }.filtered(by: filter)
        _ = try await service.call(TestRequest(), context: context)
        #expect(tracer.finishedSpans.count == 1)

        let silent = FunctionService<TestRequest, String> { _, _ in "\(InstrumentationContext.current == nil)" }
            .filtered(by: self.filter(tracer: CallTracer(NoOpTracer()), answering: String.self))
        #expect(try await silent.call(TestRequest(), context: context) == "true")
    }
}
#endif

#if Telemetry
import InMemoryTracing
import MeshAdmission
import MeshCircuitBreaking
import MeshCore
import MeshDiscovery
import MeshRetries
import MeshTelemetry
import MeshTesting
import MetricsTestKit
import TestSupport
import Testing

@testable import ServiceMesh

@Suite("The metrics of a mesh", .takesTurns)
struct MeshMetricsTests {
    /// Everything is measured on two paths: without a tracer, and with one.
    enum Spans: CaseIterable { case off, on }

    private let probe = MetricsProbe(service: House.service)
    private let tracer = InMemoryTracer()

    private func house(
        _ spans: Spans,
        endpoints: Int = 3,
        resolver: ScriptedResolver? = nil,
        _ adjust: (inout ServiceConfiguration) -> Void = { _ in }
    ) throws -> House {
        try House(
            endpoints: endpoints,
            resolver: resolver,
            metrics: MetricsBackend(probe.backend),
            tracer: spans == .on ? CallTracer(tracer) : .none,
            adjust
        )
    }

    /// Expects these counts and no other, a duration for each call and attempt, a span for each where there is a tracer,
    /// and nothing under way.
    private func expect(
        _ counts: [String: Int64],
        _ spans: Spans,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        var counters: [String: Int64] = [:]
        for counter in probe.backend.counters where counter.totalValue != 0 {
            counters[Self.name(counter.label, counter.dimensions), default: 0] += counter.totalValue
        }
        #expect(counters == counts, sourceLocation: sourceLocation)

        var timers: [String: Int64] = [:]
        for timer in probe.backend.timers where !timer.values.isEmpty {
            timers[Self.name(timer.label, timer.dimensions), default: 0] += Int64(timer.values.count)
        }
        var durations: [String: Int64] = [:]
        for (name, count) in counts {
            for (counter, timer) in [
                (MetricName.calls, MetricName.callDuration), (MetricName.attempts, MetricName.attemptDuration),
            ] where name.hasPrefix(counter + " ") {
                durations[timer + name.dropFirst(counter.count)] = count
            }
        }
        #expect(timers == durations, sourceLocation: sourceLocation)
        #expect(
            tracer.finishedSpans.count == (spans == .on ? Int(durations.values.reduce(0, +)) : 0),
            sourceLocation: sourceLocation
        )
        #expect(tracer.activeSpans.isEmpty, sourceLocation: sourceLocation)
        #expect(try probe.meter(MetricName.activeCalls) ?? 0 == 0, sourceLocation: sourceLocation)
    }

    /// The label, and the outcome if there is one.
    private static func name(_ label: String, _ dimensions: [(String, String)]) -> String {
        ([label] + dimensions.filter { $0.0 == "outcome" }.map(\.1)).joined(separator: " ")
    }

    @Test(arguments: Spans.allCases)
    func `a success is one call and one attempt`(spans: Spans) async throws {
        let house = try house(spans)
        try await house.call()
        try expect(["mesh.client.calls success": 1, "mesh.client.attempts success": 1], spans)
        #expect(try probe.meter(MetricName.endpoints) == 3)
        #expect(try probe.meter(MetricName.endpointsAvailable) == 3)
        #expect(try probe.meter(MetricName.endpointsEjected) == 0)
        await house.expectNothingLeft()
    }

    @Test(arguments: Spans.allCases)
    func `a success after two retries is one call, three attempts and two retries`(spans: Spans) async throws {
        let house = try house(spans, endpoints: 2)
        for endpoint in house.endpoints { house.transport.script([.refused], at: endpoint) }
        _ = try await house.time.skippingPauses { try await house.call() }
        try expect(
            [
                "mesh.client.calls success": 1, "mesh.client.attempts failure": 2, "mesh.client.attempts success": 1,
                "mesh.cluster.upstream_rq_retry": 2,
            ],
            spans
        )
        await house.expectNothingLeft()
    }

    @Test(arguments: Spans.allCases)
    func `a call that the budget denies a retry is one refusal`(spans: Spans) async throws {
        let house = try house(spans) {
            $0.retries.budget = RetryBudget.Policy(ratio: .zero, minimumPerSecond: 0)
            $0.circuitBreaking = .disabled
        }
        for endpoint in house.endpoints { house.transport.set(.refused, at: endpoint) }
        let events = RecordedEvents(of: house.mesh)
        for _ in 0..<2 { _ = try await house.failure() }
        try expect(
            [
                "mesh.client.calls failure": 2, "mesh.client.attempts failure": 2,
                "mesh.cluster.upstream_rq_retry_overflow": 2,
            ],
            spans
        )
        #expect(try probe.meter(MetricName.retryBudgetBalance) == 0)
        #expect(await events.first { $0 == .retryBudgetExhausted(House.service) } != nil)
        await house.expectNothingLeft()
    }

    @Test(arguments: Spans.allCases)
    func `a deadline at an endpoint is one timeout of a call and of an attempt`(spans: Spans) async throws {
        let house = try house(spans)
        for endpoint in house.endpoints { house.transport.set(.hang, at: endpoint) }
        let call = Task { try await house.failure(timeout: .seconds(1)) }
        await house.inFlight(1)
        #expect(try probe.meter(MetricName.activeCalls) == 1)
        await house.time.sleepers(atLeast: 2)
        house.time.advance(by: .seconds(2))
        _ = try await call.value
        try expect(["mesh.client.calls timeout": 1, "mesh.client.attempts timeout": 1], spans)
        await house.expectNothingLeft()
    }

    @Test(arguments: Spans.allCases)
    func `a deadline before the first answer of discovery is one timeout and no attempt`(spans: Spans) async throws {
        let house = try house(spans, resolver: ScriptedResolver())
        let call = Task { try await house.failure(timeout: .seconds(1)) }
        await house.time.sleepers()
        house.time.advance(by: .seconds(2))
        _ = try await call.value
        try expect(["mesh.client.calls timeout": 1], spans)
        await house.expectNothingLeft()
    }

    @Test(arguments: Spans.allCases)
    func `a call that finds nobody to ask is one call and no attempt`(spans: Spans) async throws {
        let house = try house(spans, resolver: ScriptedResolver())
        await house.resolver.iterations()
        house.resolver.fail("the registry is down")
        _ = try await house.failure()
        try expect(["mesh.client.calls unavailable": 1, "mesh.cluster.update_failure": 1], spans)
        await house.expectNothingLeft()
    }

    @Test(arguments: Spans.allCases)
    func `a caller that goes away is one cancelled call and attempt`(spans: Spans) async throws {
        let house = try house(spans)
        for endpoint in house.endpoints { house.transport.set(.hang, at: endpoint) }
        let call = Task { try await house.call() }
        await house.inFlight(1)
        call.cancel()
        _ = await call.result
        try expect(["mesh.client.calls cancelled": 1, "mesh.client.attempts cancelled": 1], spans)
        await house.expectNothingLeft()
    }

    @Test(arguments: Spans.allCases)
    func `an ejection is counted once, and the endpoint is back when it is readmitted`(spans: Spans) async throws {
        let house = try house(spans, endpoints: 2) { $0.retries = .none }
        house.transport.set(.reset, at: house.endpoints[0])
        for _ in 0..<9 { _ = try? await house.call() }
        for _ in 0..<5 { try await house.call() }
        var counts: [String: Int64] = [
            "mesh.client.calls failure": 5, "mesh.client.attempts failure": 5, "mesh.client.calls success": 9,
            "mesh.client.attempts success": 9, "mesh.cluster.outlier_detection.ejections_enforced_total": 1,
        ]
        try expect(counts, spans)
        #expect(try probe.meter(MetricName.endpointsAvailable) == 1)
        #expect(try probe.meter(MetricName.endpointsEjected) == 1)

        // The cap of one in two does not let the other be ejected.
        house.transport.script(Array(repeating: .reset, count: 5), at: house.endpoints[1])
        for _ in 0..<5 { _ = try await house.failure() }
        counts["mesh.client.calls failure"] = 10
        counts["mesh.client.attempts failure"] = 10
        counts["mesh.cluster.outlier_detection.ejections_overflow"] = 1
        try expect(counts, spans)

        house.transport.set(.none, at: house.endpoints[0])
        house.time.advance(by: .seconds(600))
        for _ in 0..<4 { try await house.call() }
        counts["mesh.client.calls success"] = 13
        counts["mesh.client.attempts success"] = 13
        try expect(counts, spans)
        #expect(try probe.meter(MetricName.endpointsAvailable) == 2)
        #expect(try probe.meter(MetricName.endpointsEjected) == 0)
        await house.expectNothingLeft()
    }

    @Test(arguments: Spans.allCases)
    func `a body that breaks off after a good head is one failure, when it breaks off`(spans: Spans) async throws {
        let time = ManualClock()
        let transport = InProcessTransport<Ask, StreamedResponse>(clock: time.clock)
        transport.serve(at: "10.0.0.1:80") { _, _ in StreamedResponse() }
        let mesh = Mesh(
            MeshConfiguration(services: [
                House.service: ServiceConfiguration(target: try Target("static:///10.0.0.1:80"))
            ]),
            environment: MeshEnvironment(
                clock: time.clock,
                metrics: MetricsBackend(probe.backend),
                tracer: spans == .on ? CallTracer(tracer) : .none
            )
        )
        let client = try mesh.client(
            for: House.service,
            over: transport,
            classifier: PlainClassifier<Ask, StreamedResponse>(.idempotent)
        )
        var response: StreamedResponse? = try await client.call(Ask())
        #expect(try probe.meter(MetricName.activeCalls) == 1)
        #expect(probe.counts(MetricName.calls).isEmpty && probe.counts(MetricName.attempts).isEmpty)
        response?.body.end(.failed(Broken()))
        let broken: [String: Int64] = ["mesh.client.calls failure": 1, "mesh.client.attempts failure": 1]
        try expect(broken, spans)
        response = nil
        try expect(broken, spans)

        response = try await client.call(Ask())
        response?.body.end(.complete)
        response = try await client.call(Ask())
        response = nil
        // The task that made the response lets go of it when it has a moment.
        while probe.durations(MetricName.callDuration, .success).count < 2 || !tracer.activeSpans.isEmpty {
            await Task.yield()
        }
        try expect(
            broken.merging(["mesh.client.calls success": 2, "mesh.client.attempts success": 2]) { $1 },
            spans
        )
        #expect(mesh.isIdle && mesh.armedCount == 0)
        await mesh.shutdown()
        #expect(time.sleeperCount == 0)
    }
}
#endif

#if Telemetry
import InMemoryTracing
import Logging
import MeshAdmission
import MeshCore
import MeshTelemetry
import MeshTesting
import MeshTracing
import MetricsTestKit
import ServiceMesh
import Testing
import Tracing

// The snippets of docs/guides/telemetry.md. Whoever changes one changes both.

struct TelemetryGuideTests {
    private func configuration() throws -> MeshConfiguration {
        // A busy machine must not fail a test: no call of these ends for lack of time.
        let deadline = DeadlinePolicy(timeout: nil)
        let users = ServiceConfiguration(target: try Target("static:///10.0.0.1:80"), deadline: deadline)
        return MeshConfiguration(services: ["users": users])
    }

    @Test func `metrics and spans go where the environment says`() async throws {
        let (registry, tracer) = (TestMetrics(), InMemoryTracer())
        let mesh = Mesh(
            try configuration(),
            environment: MeshEnvironment(metrics: MetricsBackend(registry), tracer: CallTracer(tracer))
        )
        let transport = InProcessTransport<Ask, String>()
        transport.serve(at: "10.0.0.1:80") { _, _ in "hello" }
        let client = try mesh.client(for: "users", over: transport, classifier: PlainClassifier())
        _ = try await client.call(Ask())
        await mesh.shutdown()
        let dimensions = [("service", "users"), ("outcome", "success")]
        #expect(try registry.expectCounter(MetricName.calls, dimensions).totalValue == 1)
        #expect(tracer.finishedSpans.count == 2)
    }

    @Test func `events are logged`() async throws {
        let mesh = Mesh(try configuration())
        let subscription = mesh.events.subscribe()
        let logging = Task { await EventLogger(Logger(label: "mesh")).run(subscription) }
        await mesh.shutdown()
        await logging.value
    }

    @Test func `events are looked at`() async throws {
        let mesh = Mesh(try configuration())
        let subscription = mesh.events.subscribe()
        await mesh.shutdown()
        for await event in subscription {
            switch event {
            case .panicEntered(let service, let available, let total):
                print("\(service): only \(available) of \(total) endpoints available")
            case .endpointEjected(let service, let address, let reason, let duration):
                print("\(service): \(address) gets no calls for \(duration), because of \(reason)")
            default:
                break
            }
        }
    }

    @Test func `what was inherited is passed on`() async throws {
        let mesh = Mesh(try configuration(), environment: MeshEnvironment(tracer: .none))
        let transport = InProcessTransport<Ask, String>()
        transport.serve(at: "10.0.0.1:80") { request, _ in request.headers["traceparent"] ?? "none" }
        let client = try mesh.client(for: "users", over: transport, classifier: PlainClassifier())
        let traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        let inbound = Ask(headers: ["traceparent": traceparent])
        let seen = try await PropagationContext.$inherited.withValue(PropagationContext(extractedFrom: inbound)) {
            try await client.call(Ask())
        }
        #expect(seen == traceparent)
        await mesh.shutdown()
    }

    /// Once in a process, so it is compiled and not run.
    private func withoutTracer() {
        InstrumentationSystem.bootstrap(W3CInstrument())
    }

    private func withTracer(_ tracer: some Tracer) {
        InstrumentationSystem.bootstrap(MultiplexInstrument([tracer, W3CInstrument(.baggage)]))
    }
}
#endif

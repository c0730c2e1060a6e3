import MeshCore
import MeshLoadBalancing
import MeshTesting
import ServiceMesh
import TestSupport
import Testing

/// Answers, and probes.
private struct Probing: Transport, EndpointProber {
    let base: InProcessTransport<Ask, String>
    let probed: AsyncStream<Endpoint>.Continuation

    func send(_ request: Ask, to endpoint: Endpoint, context: CallContext) async throws -> String {
        try await base.send(request, to: endpoint, context: context)
    }

    func probe(_ endpoint: Endpoint, timeout: Duration) async -> ProbeResponse? {
        probed.yield(endpoint)
        return ProbeResponse(requestsInFlight: 0, latency: nil)
    }
}

private struct Layer<Base: Transport>: TransportLayer {
    let base: Base

    func send(_ request: Base.Request, to endpoint: Endpoint, context: CallContext) async throws -> Base.Response {
        try await base.send(request, to: endpoint, context: context)
    }
}

@Suite("A transport that probes", .takesTurns) struct ProbingTransportTests {
    private static func expectProbes<Carrier: Transport>(
        in probed: AsyncStream<Endpoint>,
        over transport: Carrier
    ) async throws where Carrier.Request == Ask, Carrier.Response == String {
        let target = try Target("static:///10.0.0.1:80,10.0.0.2:80")
        let service = ServiceConfiguration(target: target, loadBalancing: .prequal)
        // A clock that stands still: a busy machine must not run out of time.
        let mesh = Mesh(
            MeshConfiguration(services: ["users": service]),
            environment: MeshEnvironment(clock: ManualClock().clock)
        )
        let client = try mesh.client(for: "users", over: transport, classifier: PlainClassifier<Ask, String>())
        _ = try await client.call(Ask())
        var iterator = probed.makeAsyncIterator()
        #expect(await iterator.next() != nil)
        await mesh.shutdown()
    }

    private static func transport() -> (Probing, AsyncStream<Endpoint>) {
        let base = InProcessTransport<Ask, String>()
        for address in ["10.0.0.1:80", "10.0.0.2:80"] { base.serve(at: address) { _, _ in "yes" } }
        let (probed, continuation) = AsyncStream.makeStream(of: Endpoint.self)
        return (Probing(base: base, probed: continuation), probed)
    }

    @Test func `sends the probes of the balancer`() async throws {
        let (transport, probed) = Self.transport()
        try await Self.expectProbes(in: probed, over: transport)
    }

    @Test func `sends them below layers, too`() async throws {
        let (transport, probed) = Self.transport()
        try await Self.expectProbes(in: probed, over: Layer(base: Layer(base: transport)))
    }
}

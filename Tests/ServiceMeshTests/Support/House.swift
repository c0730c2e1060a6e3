import MeshAdmission
import MeshCircuitBreaking
import MeshCore
import MeshDiscovery
import MeshHTTP
import MeshLoadBalancing
import MeshRetries
import MeshTelemetry
import MeshTesting
import Testing

@testable import ServiceMesh

/// A mesh with one service whose endpoints are functions, on a clock that stands still.
struct House: Sendable {
    typealias Client = ServiceClient<InProcessTransport<Ask, String>, PlainClassifier<Ask, String>>

    let time = ManualClock()
    let transport: InProcessTransport<Ask, String>
    let resolver: ScriptedResolver
    let endpoints: [Endpoint]
    let mesh: Mesh
    let client: Client

    static let service: ServiceName = "users"

    /// Builds a house.
    ///
    /// - Parameters:
    ///   - count: How many endpoints there are. Each answers with its address.
    ///   - resolver: Who says which; all of them unless said otherwise.
    ///   - drainTimeout: How long shutting down waits.
    ///   - instance: Which of the instances of its own service the mesh is in.
    ///   - peers: Who says which instances there are, for targets of the scheme `peers`.
    ///   - metrics: Where metrics go.
    ///   - tracer: Makes the spans.
    ///   - adjust: Changes the configuration of the service.
    init(
        endpoints count: Int = 3,
        resolver: ScriptedResolver? = nil,
        drainTimeout: Duration = .seconds(30),
        instance: InstancePlace? = nil,
        peers: ScriptedResolver? = nil,
        metrics: MetricsBackend = .none,
        tracer: CallTracer = .none,
        _ adjust: (inout ServiceConfiguration) -> Void = { _ in }
    ) throws {
        let transport = InProcessTransport<Ask, String>(clock: time.clock)
        let endpoints = (1...count).map { number in
            let address = "10.0.\(number / 250).\(number % 250 + 1):80"
            return transport.serve(at: address) { _, _ in address }
        }
        let scripted = resolver ?? ScriptedResolver(EndpointSet(endpoints))
        var registry = ResolverRegistry.standard
        registry.register("scripted") { _, _ in scripted }
        if let peers { registry.register("peers") { _, _ in peers } }
        var configuration = ServiceConfiguration(target: try Target("scripted:///users"))
        configuration.loadBalancing = .weightedRoundRobin
        adjust(&configuration)
        self.transport = transport
        self.endpoints = endpoints
        self.resolver = scripted
        mesh = Mesh(
            MeshConfiguration(
                services: [Self.service: configuration],
                drainTimeout: drainTimeout,
                instance: instance
            ),
            environment: MeshEnvironment(
                clock: time.clock,
                resolvers: registry,
                seed: 42,
                metrics: metrics,
                tracer: tracer
            )
        )
        client = try mesh.client(for: Self.service, over: transport, classifier: PlainClassifier(.idempotent))
    }

    @discardableResult
    func call(_ text: String = "ask", timeout: Duration? = nil) async throws -> String {
        try await client.call(Ask(text: text), timeout: timeout)
    }

    /// The error of a call that must fail.
    func failure(timeout: Duration? = nil, sourceLocation: SourceLocation = #_sourceLocation) async throws -> MeshError
    {
        try #require(
            await #expect(throws: MeshError.self, sourceLocation: sourceLocation) { try await call(timeout: timeout) },
            sourceLocation: sourceLocation
        )
    }

    /// See ``ManualClock/skippingPauses(_:)``.
    func skippingPauses<Value: Sendable>(
        _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await time.skippingPauses(body)
    }

    /// Waits until `condition` holds, yielding.
    func until(_ condition: @Sendable () -> Bool) async {
        while !condition(), !Task.isCancelled { await Task.yield() }
    }

    /// Waits until so many calls are at endpoints.
    func inFlight(_ count: Int) async {
        await until { endpoints.reduce(0) { $0 + transport.inFlightCount(at: $1) } >= count }
    }

    /// Nothing may be left of any call; and after the mesh has shut down, nothing at all.
    func expectNothingLeft(sourceLocation: SourceLocation = #_sourceLocation) async {
        #expect(mesh.isIdle, "calls are under way", sourceLocation: sourceLocation)
        #expect(mesh.inFlight == 0, sourceLocation: sourceLocation)
        #expect(mesh.armedCount == 0, "deadlines are armed", sourceLocation: sourceLocation)
        #expect(mesh.isSettled, "a lease was not ended exactly once", sourceLocation: sourceLocation)
        for status in mesh.endpoints(of: Self.service) ?? [] {
            #expect(status.inFlight == 0, "\(status.endpoint.address)", sourceLocation: sourceLocation)
        }
        for endpoint in endpoints {
            #expect(transport.inFlightCount(at: endpoint) == 0, "\(endpoint.address)", sourceLocation: sourceLocation)
        }
        await mesh.shutdown()
        #expect(transport.isShutDown, sourceLocation: sourceLocation)
        #expect(resolver.activeIterations == 0, "discovery goes on", sourceLocation: sourceLocation)
        #expect(time.sleeperCount == 0, "somebody sleeps", sourceLocation: sourceLocation)
    }
}

extension Endpoint {
    var text: String { "\(address)" }
}

public import MeshCore
public import MeshTelemetry

/// What a mesh works with, as opposed to what it does: the clock, the resolvers, where telemetry goes.
public struct MeshEnvironment: Sendable {
    /// The clock of everything in the mesh.
    public var clock: MeshClock
    /// Makes resolvers from targets.
    public var resolvers: ResolverRegistry
    /// The seed of all randomness; `nil`, the default, seeds from the system. With a seed every balancer works on one
    /// stripe, so that a single-threaded run is reproducible.
    public var seed: UInt64?

    /// Where metrics go: the bootstrapped factory of swift-metrics, unless said otherwise.
    public var metrics: MetricsBackend
    /// Who makes spans: the bootstrapped tracer of swift-distributed-tracing, unless said otherwise. Looked up once, when
    /// the environment is made.
    public var tracer: CallTracer

    /// Creates an environment; the defaults are right in production.
    public init(
        clock: MeshClock = .continuous,
        resolvers: ResolverRegistry = .standard,
        seed: UInt64? = nil,
        metrics: MetricsBackend = .bootstrapped,
        tracer: CallTracer = .bootstrapped
    ) {
        self.clock = clock
        self.resolvers = resolvers
        self.seed = seed
        self.metrics = metrics
        self.tracer = tracer
    }
}

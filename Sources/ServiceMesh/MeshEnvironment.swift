import MeshAdmission
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
    /// Where events go.
    public let events: MeshEvents

    let wheel: DeadlineWheel

    /// Creates an environment; the defaults are right in production.
    public init(
        clock: MeshClock = .continuous,
        resolvers: ResolverRegistry = .standard,
        seed: UInt64? = nil
    ) {
        self.clock = clock
        self.resolvers = resolvers
        self.seed = seed
        self.events = MeshEvents()
        self.wheel = DeadlineWheel(clock: clock)
    }

    func makeRandomSource() -> RandomSource {
        seed.map { RandomSource(seed: $0) } ?? RandomSource()
    }
}

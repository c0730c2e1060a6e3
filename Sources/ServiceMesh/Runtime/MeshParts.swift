import MeshAdmission
import MeshCore
import MeshTelemetry

/// What all services of one mesh share.
final class MeshParts: Sendable {
    let clock: MeshClock
    let resolvers: ResolverRegistry
    let seed: UInt64?
    let wheel: DeadlineWheel
    let events = MeshEvents()
    let metrics: MetricsBackend
    let tracer: CallTracer

    init(_ environment: MeshEnvironment) {
        clock = environment.clock
        resolvers = environment.resolvers
        seed = environment.seed
        metrics = environment.metrics
        tracer = environment.tracer
        wheel = DeadlineWheel(clock: environment.clock)
    }

    func makeRandomSource() -> RandomSource {
        seed.map { RandomSource(seed: $0) } ?? RandomSource()
    }
}

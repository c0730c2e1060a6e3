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

    init(_ environment: MeshEnvironment) {
        clock = environment.clock
        resolvers = environment.resolvers
        seed = environment.seed
        wheel = DeadlineWheel(clock: environment.clock)
    }

    func makeRandomSource() -> RandomSource {
        seed.map { RandomSource(seed: $0) } ?? RandomSource()
    }
}

import MeshAdmission
import MeshCore
import MeshTelemetry

/// What all services of one mesh share.
final class MeshParts: Sendable {
    let environment: MeshEnvironment
    let wheel: DeadlineWheel
    let events = MeshEvents()

    init(_ environment: MeshEnvironment) {
        self.environment = environment
        wheel = DeadlineWheel(clock: environment.clock)
    }

    func makeRandomSource() -> RandomSource {
        environment.seed.map { RandomSource(seed: $0) } ?? RandomSource()
    }
}

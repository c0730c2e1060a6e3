import MeshCircuitBreaking
import MeshCore
import MeshTelemetry
import Synchronization

/// How many endpoints a service has and how many of them are ejected: as metrics, and as the events of a panic.
///
/// Endpoints are ejected and readmitted by many calls at once. One of them counts and tells at a time; whoever comes
/// meanwhile does not wait, but has it counted once more. So what was told last is what is the case when everything has
/// come to rest.
final class EndpointCensus: Sendable {
    private enum Phase { case idle, counting, outdated }

    private struct State {
        var phase = Phase.idle
        var total = 0
        var isPanic = false
        /// Weak, because the breakers hold whoever hears of their transitions.
        weak var breakers: CircuitBreakers?
    }

    private let service: ServiceName
    private let panicThreshold: Fraction
    private let metrics: ServiceMetrics
    private let events: MeshEvents
    private let state = Mutex(State())

    init(_ service: ServiceName, panicThreshold: Fraction, metrics: ServiceMetrics, events: MeshEvents) {
        self.service = service
        self.panicThreshold = panicThreshold
        self.metrics = metrics
        self.events = events
    }

    /// Takes these breakers at their word about who is ejected.
    func follow(_ breakers: CircuitBreakers) {
        state.withLock { $0.breakers = breakers }
    }

    /// The service has so many endpoints from now on.
    func update(total: Int) {
        state.withLock { $0.total = total }
        update()
    }

    /// An endpoint was ejected or readmitted.
    func update() {
        let isMyTurn = state.withLock { state in
            defer { state.phase = state.phase == .idle ? .counting : .outdated }
            return state.phase == .idle
        }
        guard isMyTurn else { return }
        var isOver = false
        while !isOver {
            // Outside the lock: backends of metrics and the executors of subscribers are other people's code.
            count()
            isOver = state.withLock { state in
                state.phase = state.phase == .outdated ? .counting : .idle
                return state.phase == .idle
            }
        }
    }

    private func count() {
        let (total, breakers) = state.withLock { ($0.total, $0.breakers) }
        // Both of the same endpoints, those that take calls, as the balancer compares them.
        let candidates = breakers?.trackedCount ?? 0
        let ejected = breakers?.unavailableCount ?? 0
        let available = max(candidates - ejected, 0)
        metrics.setEndpoints(total: total, available: available, ejected: ejected)
        let isPanic = panicThreshold.exceeds(available, of: candidates)
        let isNews = state.withLock { state in
            defer { state.isPanic = isPanic }
            return state.isPanic != isPanic
        }
        guard isNews else { return }
        if isPanic {
            events.publish(.panicEntered(service, available: available, total: candidates))
        } else {
            events.publish(.panicLeft(service, available: available, total: candidates))
        }
    }
}

import MeshCircuitBreaking
import MeshCore
import MeshDiscovery
import MeshRetries
import MeshTelemetry
import Synchronization

/// Turns what the parts of a service report into events and metrics.
final class ServiceObserver: Sendable {
    let metrics: ServiceMetrics

    private let service: ServiceName
    private let events: MeshEvents
    private let census: EndpointCensus
    private let isBudgetExhausted = Atomic<Bool>(false)
    private let weights: Mutex<WeightWatch>

    init(
        _ service: ServiceName,
        panicThreshold: Fraction,
        weights: WeightWatch,
        metrics: ServiceMetrics,
        events: MeshEvents
    ) {
        self.service = service
        self.weights = Mutex(weights)
        self.metrics = metrics
        self.events = events
        self.census = EndpointCensus(service, panicThreshold: panicThreshold, metrics: metrics, events: events)
    }

    /// The breakers whose transitions are observed.
    func follow(_ breakers: CircuitBreakers) { census.follow(breakers) }

    func observe(_ event: DiscoveryEvent) {
        switch event {
        case .updated(let added, let removed, let total):
            events.publish(.endpointSetUpdated(service, added: added, removed: removed, total: total))
            census.update(total: total)
        case .failed(let error):
            metrics.resolutionFailed()
            events.publish(.resolutionFailed(service, error))
        case .emptyIgnored(let total):
            let reason = "an empty answer was ignored; \(total) endpoints stay"
            events.publish(.resolutionFailed(service, ResolutionError(source: "\(service)", reason: reason)))
        }
    }

    /// The set that the balancer has now.
    func observeWeights(of set: EndpointSet) {
        for ignored in weights.withLock({ $0.update(set) }) {
            events.publish(
                .weightsIgnored(service, by: ignored.by, lightest: ignored.lightest, heaviest: ignored.heaviest)
            )
        }
    }

    func observe(_ transition: BreakerTransition, of address: Address) {
        switch transition {
        case .ejected(let duration, let reason):
            metrics.endpointEjected()
            events.publish(.endpointEjected(service, address, reason: "\(reason)", duration: duration))
        case .ejectionSuppressed(let reason):
            metrics.ejectionSuppressed()
            events.publish(.ejectionSuppressed(service, address, reason: "\(reason)"))
        case .probing:
            return
        case .readmitted:
            events.publish(.endpointReadmitted(service, address))
        }
        census.update()
    }

    func observe(_ retry: RetryEvent, balance: Int) {
        metrics.setRetryBudgetBalance(Double(balance))
        switch retry.decision {
        case .retry:
            isBudgetExhausted.store(false, ordering: .relaxed)
        case .stop(.budgetExhausted):
            metrics.retryRefused()
            // An event for the moment it begins, not for every call that suffers from it.
            if !isBudgetExhausted.exchange(true, ordering: .relaxed) { events.publish(.retryBudgetExhausted(service)) }
        case .stop:
            break
        }
    }
}

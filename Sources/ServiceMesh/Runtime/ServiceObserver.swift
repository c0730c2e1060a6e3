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
    private let panicThreshold: Fraction
    private let events: MeshEvents
    private let isBudgetExhausted = Atomic<Bool>(false)
    private let isPanic = Atomic<Bool>(false)
    private let total = Atomic<Int>(0)

    init(_ service: ServiceName, panicThreshold: Fraction, metrics: ServiceMetrics, events: MeshEvents) {
        self.service = service
        self.panicThreshold = panicThreshold
        self.metrics = metrics
        self.events = events
    }

    func observe(_ event: DiscoveryEvent, ejected: Int) {
        switch event {
        case .updated(let added, let removed, let total):
            self.total.store(total, ordering: .relaxed)
            events.publish(.endpointSetUpdated(service, added: added, removed: removed, total: total))
            observeEndpoints(ejected: ejected)
        case .failed(let error):
            metrics.resolutionFailed()
            events.publish(.resolutionFailed(service, error))
        case .emptyIgnored(let total):
            let reason = "an empty answer was ignored; \(total) endpoints stay"
            events.publish(.resolutionFailed(service, ResolutionError(source: "\(service)", reason: reason)))
        }
    }

    func observe(_ transition: BreakerTransition, of address: Address, ejected: Int) {
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
        observeEndpoints(ejected: ejected)
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

    private func observeEndpoints(ejected: Int) {
        let total = total.load(ordering: .relaxed)
        let available = max(total - ejected, 0)
        metrics.setEndpoints(total: total, available: available, ejected: ejected)
        let isPanic = total > 0 && Int64(available) * 1_000_000 < Int64(panicThreshold.millionths) * Int64(total)
        guard self.isPanic.exchange(isPanic, ordering: .relaxed) != isPanic else { return }
        if isPanic {
            events.publish(.panicEntered(service, available: available, total: total))
        } else {
            events.publish(.panicLeft(service, available: available, total: total))
        }
    }
}

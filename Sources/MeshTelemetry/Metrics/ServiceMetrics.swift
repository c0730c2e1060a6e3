public import MeshCore

#if Telemetry
import Metrics
#endif

/// The metrics of one service, as seen by its client.
///
/// | name | type | unit | dimensions | what |
/// |---|---|---|---|---|
/// | `mesh.client.calls` | counter | calls | `service`, `outcome` | calls that have ended, body included |
/// | `mesh.client.call.duration` | timer | ns | `service`, `outcome` | from the entry of a call to the end of its body |
/// | `mesh.client.active_calls` | meter | calls | `service` | calls under way |
/// | `mesh.client.attempts` | counter | attempts | `service`, `outcome` | attempts that have ended, body included |
/// | `mesh.client.attempt.duration` | timer | ns | `service`, `outcome` | from the start of an attempt to the end of its body |
/// | `mesh.cluster.upstream_rq_retry` | counter | attempts | `service` | attempts after the first: retries |
/// | `mesh.cluster.upstream_rq_retry_overflow` | counter | calls | `service` | retries that the budget did not allow |
/// | `mesh.cluster.circuit_breakers.remaining_retries` | meter | retries | `service` | what the retry budget holds |
/// | `mesh.cluster.membership_total` | meter | endpoints | `service` | endpoints in the set |
/// | `mesh.cluster.membership_healthy` | meter | endpoints | `service` | of these, the ones that may be asked |
/// | `mesh.cluster.outlier_detection.ejections_active` | meter | endpoints | `service` | of these, the ones that are ejected |
/// | `mesh.cluster.outlier_detection.ejections_enforced_total` | counter | ejections | `service` | ejections |
/// | `mesh.cluster.outlier_detection.ejections_overflow` | counter | ejections | `service` | ejections not made because of the cap |
/// | `mesh.cluster.update_failure` | counter | resolutions | `service` | resolutions that failed |
///
/// `outcome` has the values of ``CallResult``. No dimension names an endpoint, so the number of time series is bounded:
/// 34 for each service.
///
/// The handles are made once, here: about 1.4 ns an update with no backend, where making one each time would cost 53.
/// Without the `Telemetry` trait every method does nothing.
public final class ServiceMetrics: Sendable {
    /// The service.
    public let service: ServiceName

    #if Telemetry
    private let calls: ResultSeries
    private let activeCalls: Meter
    private let attempts: ResultSeries
    private let retries: Counter
    private let retriesRefused: Counter
    private let retryBudgetBalance: Meter
    private let endpoints: Meter
    private let endpointsAvailable: Meter
    private let endpointsEjected: Meter
    private let ejections: Counter
    private let ejectionsSuppressed: Counter
    private let resolutionFailures: Counter
    #endif

    /// Creates the metrics of a service.
    public init(service: ServiceName, backend: MetricsBackend = .bootstrapped) {
        self.service = service
        #if Telemetry
        let factory = backend.factory
        let dimensions = [("service", service.rawValue)]
        func counter(_ label: String) -> Counter { Counter(label: label, dimensions: dimensions, factory: factory) }
        func meter(_ label: String) -> Meter { Meter(label: label, dimensions: dimensions, factory: factory) }
        func series(_ count: String, _ duration: String) -> ResultSeries {
            ResultSeries(count: count, duration: duration, dimensions: dimensions, factory: factory)
        }
        calls = series(MetricName.calls, MetricName.callDuration)
        activeCalls = meter(MetricName.activeCalls)
        attempts = series(MetricName.attempts, MetricName.attemptDuration)
        retries = counter(MetricName.retries)
        retriesRefused = counter(MetricName.retriesRefused)
        retryBudgetBalance = meter(MetricName.retryBudgetBalance)
        endpoints = meter(MetricName.endpoints)
        endpointsAvailable = meter(MetricName.endpointsAvailable)
        endpointsEjected = meter(MetricName.endpointsEjected)
        ejections = counter(MetricName.ejections)
        ejectionsSuppressed = counter(MetricName.ejectionsSuppressed)
        resolutionFailures = counter(MetricName.resolutionFailures)
        #endif
    }

    // MARK: Calls

    /// A call entered the mesh. ``callEnded(_:after:)`` follows, exactly once.
    public func callStarted() {
        #if Telemetry
        activeCalls.increment()
        #endif
    }

    /// A call is over, its body included.
    ///
    /// - Parameters:
    ///   - result: How it ended.
    ///   - nanoseconds: Since it entered the mesh.
    public func callEnded(_ result: CallResult, after nanoseconds: UInt64) {
        #if Telemetry
        activeCalls.decrement()
        calls.record(result, after: nanoseconds)
        #endif
    }

    /// An attempt begins: the first of its call, or a retry.
    ///
    /// - Parameter number: From 1.
    public func attemptStarted(number: Int) {
        #if Telemetry
        if number > 1 { retries.increment() }
        #endif
    }

    /// An attempt is over, its body included.
    ///
    /// - Parameters:
    ///   - result: How it ended.
    ///   - nanoseconds: Since it began.
    public func attemptEnded(_ result: CallResult, after nanoseconds: UInt64) {
        #if Telemetry
        attempts.record(result, after: nanoseconds)
        #endif
    }

    // MARK: Retry budget

    /// A call was not tried again, because the budget did not allow it.
    public func retryRefused() {
        #if Telemetry
        retriesRefused.increment()
        #endif
    }

    /// The retry budget holds `balance` retries.
    public func setRetryBudgetBalance(_ balance: Double) {
        #if Telemetry
        retryBudgetBalance.set(balance)
        #endif
    }

    // MARK: Endpoints

    /// The service has `total` endpoints, of which `available` may be asked and `ejected` are ejected.
    public func setEndpoints(total: Int, available: Int, ejected: Int) {
        #if Telemetry
        endpoints.set(total)
        endpointsAvailable.set(available)
        endpointsEjected.set(ejected)
        #endif
    }

    /// An endpoint was ejected.
    public func endpointEjected() {
        #if Telemetry
        ejections.increment()
        #endif
    }

    /// An endpoint was not ejected, because too many are already.
    public func ejectionSuppressed() {
        #if Telemetry
        ejectionsSuppressed.increment()
        #endif
    }

    /// The source of endpoints gave no answer.
    public func resolutionFailed() {
        #if Telemetry
        resolutionFailures.increment()
        #endif
    }
}

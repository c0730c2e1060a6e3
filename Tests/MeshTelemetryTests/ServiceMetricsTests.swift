#if Telemetry
import CoreMetrics
import MeshCore
import MeshTelemetry
import MetricsTestKit
import TestSupport
import Testing

@Suite struct ServiceMetricsTests {
    private let probe = MetricsProbe()

    @Test func `the series of a service are bounded and named by service and outcome alone`() {
        let backend = probe.backend
        var dimensions = backend.counters.map(\.dimensions)
        dimensions += backend.timers.map(\.dimensions)
        dimensions += backend.meters.map(\.dimensions)
        #expect(dimensions.count == 34)
        #expect(Set(dimensions.flatMap { $0.map(\.0) }) == ["service", "outcome"])
        #expect(Set(dimensions.flatMap { $0.filter { $0.0 == "service" }.map(\.1) }) == ["users"])
    }

    @Test func `a call is in flight until it has ended`() throws {
        probe.metrics.callStarted()
        probe.metrics.callStarted()
        #expect(try probe.meter(MetricName.activeCalls) == 2)
        probe.metrics.callEnded(.timeout, after: 5)
        #expect(try probe.meter(MetricName.activeCalls) == 1)
        #expect(probe.counts(MetricName.calls) == [.timeout: 1])
        #expect(probe.durations(MetricName.callDuration, .timeout) == [5])
    }

    @Test func `attempts after the first are retries`() {
        for number in 1...3 { probe.metrics.attemptStarted(number: number) }
        probe.metrics.attemptEnded(.failure, after: .max)
        #expect(probe.counter(MetricName.retries) == 2)
        #expect(probe.counts(MetricName.attempts) == [.failure: 1])
        #expect(probe.durations(MetricName.attemptDuration, .failure) == [.max])
    }

    @Test func `an attempt ends as its response, its body or its error says`() {
        for end in [
            .response(.success, .complete), .response(.success, .dropped), .response(.overloaded, .complete),
            .response(.success, .failed(Broken())), .response(.failure, .failed(CancellationError())),
            .error(CancellationSignal.Reason.attemptTimedOut),
        ] as [AttemptEnd] {
            probe.metrics.attemptEnded(end, after: 1)
        }
        #expect(
            probe.counts(MetricName.attempts) == [.success: 2, .overloaded: 1, .failure: 1, .cancelled: 1, .timeout: 1]
        )
    }

    @Test func `the state of endpoints and budget is set, what happens is counted`() throws {
        let metrics = probe.metrics
        metrics.setEndpoints(total: 5, available: 3, ejected: 2)
        metrics.setRetryBudgetBalance(2.5)
        metrics.retryRefused()
        metrics.endpointEjected()
        metrics.ejectionSuppressed()
        metrics.resolutionFailed()
        #expect(try probe.meter(MetricName.endpoints) == 5)
        #expect(try probe.meter(MetricName.endpointsAvailable) == 3)
        #expect(try probe.meter(MetricName.endpointsEjected) == 2)
        #expect(try probe.meter(MetricName.retryBudgetBalance) == 2.5)
        for name in [
            MetricName.retriesRefused, MetricName.ejections, MetricName.ejectionsSuppressed,
            MetricName.resolutionFailures,
        ] {
            #expect(probe.counter(name) == 1)
        }
    }

    @Test func `by default they go to the factory of the task or process`() {
        let backend = TestMetrics()
        withMetricsFactory(backend) {
            ServiceMetrics(service: "orders").resolutionFailed()
        }
        #expect(backend.counterTotal(label: MetricName.resolutionFailures) == 1)
    }

    @Test func `they can lead nowhere`() {
        let metrics = ServiceMetrics(service: "orders", backend: .none)
        metrics.callStarted()
        metrics.callEnded(.success, after: 1)
    }
}
#endif

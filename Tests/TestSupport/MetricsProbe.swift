#if Telemetry
public import MeshCore
public import MeshTelemetry
public import MetricsTestKit

/// The metrics of one service and what they were told.
public struct MetricsProbe: Sendable {
    /// Where the metrics go.
    public let backend = TestMetrics()
    /// The metrics.
    public let metrics: ServiceMetrics

    /// Creates the metrics of a service.
    public init(service: ServiceName = "users") {
        metrics = ServiceMetrics(service: service, backend: MetricsBackend(backend))
    }

    private func dimensions(_ result: CallResult) -> [(String, String)] {
        [("service", metrics.service.rawValue), ("outcome", result.name)]
    }

    /// How many calls or attempts ended with each result; those with none are left out.
    public func counts(_ label: String) -> [CallResult: Int64] {
        var counts: [CallResult: Int64] = [:]
        for result in CallResult.allCases {
            let total = backend.counterTotal(label: label, dimensions: dimensions(result))
            if total != 0 { counts[result] = total }
        }
        return counts
    }

    /// How long those with this result took, in nanoseconds.
    public func durations(_ label: String, _ result: CallResult) -> [Int64] {
        backend.timers(label: label, dimensions: dimensions(result)).flatMap(\.values)
    }

    /// The sum over all dimensions.
    public func counter(_ label: String) -> Int64 { backend.counterTotal(label: label) }

    /// How many connections closed for this reason.
    public func closed(_ reason: CloseReason) -> Int64 {
        let dimensions = [("service", metrics.service.rawValue), ("reason", reason.rawValue)]
        return backend.counterTotal(label: MetricName.connectionsClosed, dimensions: dimensions)
    }

    /// What the meter says; `nil` if it has said nothing.
    public func meter(_ label: String) throws -> Double? {
        try backend.expectMeter(label, [("service", metrics.service.rawValue)]).lastValue
    }
}
#endif

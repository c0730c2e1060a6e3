#if Telemetry
import MeshCore
import MeshTelemetry
import MetricsTestKit

/// The metrics of one service and what they were told.
struct MetricsProbe {
    let backend = TestMetrics()
    let metrics: ServiceMetrics

    init(service: ServiceName = "users") {
        metrics = ServiceMetrics(service: service, backend: MetricsBackend(backend))
    }

    private func dimensions(_ result: CallResult) -> [(String, String)] {
        [("service", metrics.service.rawValue), ("outcome", result.name)]
    }

    /// How many calls or attempts ended with each result; those with none are left out.
    func counts(_ label: String) -> [CallResult: Int64] {
        var counts: [CallResult: Int64] = [:]
        for result in CallResult.allCases {
            let total = backend.counterTotal(label: label, dimensions: dimensions(result))
            if total != 0 { counts[result] = total }
        }
        return counts
    }

    func durations(_ label: String, _ result: CallResult) -> [Int64] {
        backend.timers(label: label, dimensions: dimensions(result)).flatMap(\.values)
    }

    func counter(_ label: String) -> Int64 { backend.counterTotal(label: label) }

    func meter(_ label: String) throws -> Double? {
        try backend.expectMeter(label, [("service", metrics.service.rawValue)]).lastValue
    }
}
#endif

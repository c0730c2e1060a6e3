#if Telemetry
public import Metrics
#endif

/// Where metrics go: a factory of swift-metrics, or nowhere.
///
/// Exists without the `Telemetry` trait too, and then leads nowhere.
public struct MetricsBackend: Sendable {
    #if Telemetry
    let factory: any MetricsFactory

    /// Sends metrics to `factory`.
    public init(_ factory: any MetricsFactory) {
        self.factory = factory
    }

    /// The factory bound to the current task, else the one that the process was bootstrapped with, as of now.
    public static var bootstrapped: MetricsBackend { MetricsBackend(MetricsSystem.factory) }

    /// Nowhere.
    public static var none: MetricsBackend { MetricsBackend(NOOPMetricsHandler.instance) }
    #else
    /// Nowhere, because the `Telemetry` trait is off.
    public static var bootstrapped: MetricsBackend { MetricsBackend() }

    /// Nowhere.
    public static var none: MetricsBackend { MetricsBackend() }
    #endif
}

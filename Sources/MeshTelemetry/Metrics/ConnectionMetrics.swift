public import MeshCore

#if Telemetry
import Metrics
#endif

/// The metrics of the connections that a transport of the mesh's own opens for one service.
///
/// | name | type | unit | dimensions | what |
/// |---|---|---|---|---|
/// | `mesh.cluster.upstream_cx_total` | counter | connections | `service` | connections that were opened |
/// | `mesh.cluster.upstream_cx_active` | meter | connections | `service` | connections that are open |
/// | `mesh.cluster.upstream_cx_destroy` | counter | connections | `service`, `reason` | connections that closed, by ``CloseReason`` |
/// | `mesh.cluster.upstream_cx_connect_fail` | counter | connections | `service` | connections that could not be made |
/// | `mesh.cluster.upstream_cx_connect_ms` | timer | ns | `service` | how long they took to open, handshakes included |
///
/// The names are Envoy's. Without the `Telemetry` trait every method does nothing.
public final class ConnectionMetrics: Sendable {
    #if Telemetry
    private let opened: Counter
    private let active: Meter
    private let closed: [CloseReason: Counter]
    private let failed: Counter
    private let duration: Timer
    #endif

    /// Creates the metrics of the connections to a service.
    public init(service: ServiceName, backend: MetricsBackend = .bootstrapped) {
        #if Telemetry
        let factory = backend.factory
        let dimensions = [("service", service.rawValue)]
        opened = Counter(label: MetricName.connections, dimensions: dimensions, factory: factory)
        active = Meter(label: MetricName.connectionsActive, dimensions: dimensions, factory: factory)
        closed = Dictionary(
            uniqueKeysWithValues: CloseReason.allCases.map { reason in
                let dimensions = dimensions + [("reason", reason.rawValue)]
                return (reason, Counter(label: MetricName.connectionsClosed, dimensions: dimensions, factory: factory))
            }
        )
        failed = Counter(label: MetricName.connectionFailures, dimensions: dimensions, factory: factory)
        duration = Timer(label: MetricName.connectDuration, dimensions: dimensions, factory: factory)
        #endif
    }

    /// A connection is open.
    public func connectionOpened(after time: Duration) {
        #if Telemetry
        opened.increment()
        active.increment()
        duration.recordNanoseconds(time.clampedNanoseconds)
        #endif
    }

    /// A connection that was open is closed.
    public func connectionClosed(because reason: CloseReason) {
        #if Telemetry
        active.decrement()
        closed[reason]?.increment()
        #endif
    }

    /// A connection could not be made.
    public func connectionFailed() {
        #if Telemetry
        failed.increment()
        #endif
    }
}

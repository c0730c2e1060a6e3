/// The names of all metrics. What each means is in ``ServiceMetrics`` and ``ConnectionMetrics``.
public enum MetricName {
    // After http.client.request.duration and http.client.active_requests of OpenTelemetry's conventions, and gRPC's
    // grpc.client.attempt.duration (gRFC A66), from which the words call and attempt come. The originals are for one
    // protocol each; a mesh call may be of any.
    /// Calls.
    public static let calls = "mesh.client.calls"
    /// How long calls took.
    public static let callDuration = "mesh.client.call.duration"
    /// Calls under way.
    public static let activeCalls = "mesh.client.active_calls"
    /// Attempts.
    public static let attempts = "mesh.client.attempts"
    /// How long attempts took.
    public static let attemptDuration = "mesh.client.attempt.duration"

    // Envoy's statistics of a cluster, under the names that they have there.
    /// Attempts after the first.
    public static let retries = "mesh.cluster.upstream_rq_retry"
    /// Retries that the budget did not allow.
    public static let retriesRefused = "mesh.cluster.upstream_rq_retry_overflow"
    /// What the retry budget holds.
    public static let retryBudgetBalance = "mesh.cluster.circuit_breakers.remaining_retries"
    /// Endpoints.
    public static let endpoints = "mesh.cluster.membership_total"
    /// Endpoints that may be asked.
    public static let endpointsAvailable = "mesh.cluster.membership_healthy"
    /// Endpoints that are ejected.
    public static let endpointsEjected = "mesh.cluster.outlier_detection.ejections_active"
    /// Ejections.
    public static let ejections = "mesh.cluster.outlier_detection.ejections_enforced_total"
    /// Ejections that were not made because too many endpoints were ejected already.
    public static let ejectionsSuppressed = "mesh.cluster.outlier_detection.ejections_overflow"
    /// Connections that were opened.
    public static let connections = "mesh.cluster.upstream_cx_total"
    /// Connections that are open.
    public static let connectionsActive = "mesh.cluster.upstream_cx_active"
    /// Connections that closed.
    public static let connectionsClosed = "mesh.cluster.upstream_cx_destroy"
    /// Connections that could not be made.
    public static let connectionFailures = "mesh.cluster.upstream_cx_connect_fail"
    /// How long connections took to open.
    public static let connectDuration = "mesh.cluster.upstream_cx_connect_ms"
    /// Failed resolutions.
    public static let resolutionFailures = "mesh.cluster.update_failure"
}

public import MeshCore

/// Asks an endpoint how loaded it is, for ``Prequal``.
public protocol EndpointProber: Sendable {
    /// Asks once.
    ///
    /// - Parameters:
    ///   - endpoint: Whom to ask.
    ///   - timeout: After this time the answer is of no use any more; ``Prequal/probeTimeout``.
    /// - Returns: `nil` if there was none.
    func probe(_ endpoint: Endpoint, timeout: Duration) async -> ProbeResponse?
}

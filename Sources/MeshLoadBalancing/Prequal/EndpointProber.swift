public import MeshCore

/// Asks an endpoint how loaded it is, for ``Prequal``.
public protocol EndpointProber: Sendable {
    /// Asks once. Must return within `timeout`, which nobody can make it: of probes that hang at most 1,024 are kept under
    /// way, and then none are sent.
    ///
    /// - Parameters:
    ///   - endpoint: Whom to ask.
    ///   - timeout: After this time the answer is dropped; ``Prequal/probeTimeout``.
    /// - Returns: `nil` if there was none.
    func probe(_ endpoint: Endpoint, timeout: Duration) async -> ProbeResponse?
}

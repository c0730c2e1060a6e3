import MeshCore

/// An endpoint as one endpoint set describes it, with the state that it shares with its earlier descriptions.
final class EndpointNode: Sendable {
    let endpoint: Endpoint
    let state: EndpointState
    /// One over the weight: what load is multiplied with, so that a heavy endpoint looks less loaded.
    let inverseWeight: Float

    init(endpoint: Endpoint, state: EndpointState) {
        self.endpoint = endpoint
        self.state = state
        self.inverseWeight = 1 / Float(max(endpoint.weight, 1))
    }
}

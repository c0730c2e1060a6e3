public import MeshCore

/// What a mesh knows before it begins: the services that may be called, and how it stops.
public struct MeshConfiguration: Hashable, Sendable {
    /// The services by name.
    public var services: [ServiceName: ServiceConfiguration]
    /// How long ``Mesh/shutdown()`` waits for calls under way before it stops them. 30 s by default.
    public var drainTimeout: Duration

    /// Creates a configuration.
    ///
    /// - Precondition: `drainTimeout` is not negative.
    public init(services: [ServiceName: ServiceConfiguration] = [:], drainTimeout: Duration = .seconds(30)) {
        precondition(drainTimeout >= .zero, "the time to drain must not be negative")
        self.services = services
        self.drainTimeout = drainTimeout
    }
}

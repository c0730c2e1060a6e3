public import MeshCore

/// What a mesh knows before it begins: the services that may be called, and how it stops.
public struct MeshConfiguration: Hashable, Sendable {
    /// The services by name.
    public var services: [ServiceName: ServiceConfiguration]
    /// How long ``Mesh/shutdown()`` waits for calls under way before it stops them. 30 s by default.
    public var drainTimeout: Duration
    /// Which of the instances of its own service this process is; `nil`, the default, if only ``Mesh/update(_:)`` says so, or
    /// nobody.
    public var instance: InstancePlace?

    /// Creates a configuration.
    ///
    /// - Precondition: `drainTimeout` is not negative.
    public init(
        services: [ServiceName: ServiceConfiguration] = [:],
        drainTimeout: Duration = .seconds(30),
        instance: InstancePlace? = nil
    ) {
        precondition(drainTimeout >= .zero, "the time to drain must not be negative")
        self.instance = instance
        self.services = services
        self.drainTimeout = drainTimeout
    }
}

import MeshCore

/// A service was asked for that the mesh does not know.
public struct UnknownServiceError: Error, Hashable, CustomStringConvertible {
    /// The service that was asked for.
    public let service: String
    /// The services that are configured.
    public let known: [String]

    /// Creates the error for a service that `mesh` does not know.
    public init(_ service: String, in mesh: Mesh) {
        self.service = service
        self.known = mesh.configuration.services.keys.map(\.rawValue).sorted()
    }

    /// A sentence for a person.
    public var description: String {
        "the mesh has no service \"\(service)\"; configured: \(known.isEmpty ? "none" : known.joined(separator: ", "))"
    }
}

/// The mesh has shut down: it makes no more clients.
public struct MeshShutDownError: Error, Hashable, CustomStringConvertible {
    /// A sentence for a person.
    public var description: String { "the mesh has shut down" }
}

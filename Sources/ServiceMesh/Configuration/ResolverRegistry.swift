public import MeshCore
import MeshDNS
public import MeshDiscovery
import MeshFileDiscovery

/// Makes the resolver that a target asks for, by its scheme.
///
/// Knows `static`, `file` and, with the trait `DNS`, `dns` and `dns+srv`. A user adds schemes of their own.
public struct ResolverRegistry: Sendable {
    /// Makes a resolver for a target of one scheme.
    public typealias Factory = @Sendable (Target, MeshClock) throws -> any Resolver

    private var factories: [String: Factory]

    /// Creates a registry without schemes.
    public init() {
        factories = [:]
    }

    /// The schemes that come with the package.
    public static var standard: ResolverRegistry {
        var registry = ResolverRegistry()
        registry.register("static") { target, _ in try StaticResolver(target) }
        registry.register("file") { target, clock in try FileResolver(target, clock: clock) }
        #if DNS
        registry.register("dns") { target, clock in try DNSResolver(target, clock: clock) }
        registry.register("dns+srv") { target, clock in try DNSResolver(target, clock: clock) }
        #endif
        return registry
    }

    /// Adds a scheme, or replaces it.
    public mutating func register(_ scheme: String, _ factory: @escaping Factory) {
        factories[scheme.lowercased()] = factory
    }

    /// The schemes that are known, sorted.
    public var schemes: [String] { factories.keys.sorted() }

    /// Makes the resolver for `target`.
    ///
    /// - Throws: `InvalidTargetError` for an unknown scheme; what the factory throws.
    public func resolver(for target: Target, clock: MeshClock) throws -> any Resolver {
        guard let factory = factories[target.scheme] else {
            throw InvalidTargetError(
                text: target.description,
                reason: "nothing resolves \"\(target.scheme)\"; known are \(schemes.joined(separator: ", "))"
            )
        }
        return try factory(target, clock)
    }
}

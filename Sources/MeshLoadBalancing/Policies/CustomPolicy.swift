public import MeshCore

/// A policy of your own.
///
/// ```swift
/// let first = CustomPolicy("first") { choices, _ in choices.indices.first { choices.mayAsk($0) } }
/// let balancer = LoadBalancer(policy: .custom(first), endpoints: endpoints)
/// ```
///
/// It chooses within the priority and the locality that were chosen before. If what it chose may not be asked it is asked
/// again once; then an endpoint that may be is taken. `LoadBalancingConformance` in MeshTesting examines it.
public struct CustomPolicy: Hashable, Sendable {
    /// Chooses an endpoint by its index; `nil`, or an index that does not exist, for nobody in particular.
    ///
    /// Called under the lock of a stripe: must be quick and must not call the balancer. Randomness comes from the generator, so
    /// that a seed reproduces the choices.
    public typealias Choose = @Sendable (EndpointChoices, inout SplitMix64) -> Int?

    /// The name, in `snake_case`. Policies of one name are equal.
    public let name: String
    let choose: Choose

    /// Creates a policy.
    public init(_ name: String, _ choose: @escaping Choose) {
        self.name = name
        self.choose = choose
    }

    /// Whether the names are equal.
    public static func == (lhs: CustomPolicy, rhs: CustomPolicy) -> Bool { lhs.name == rhs.name }

    /// Hashes the name.
    public func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

/// Each instance talks to a few endpoints drawn by its own seed: those whose addresses hash lowest with it.
///
/// gRFC A68, `random_subsetting`: rendezvous hashing with XXH64. When an endpoint comes or goes at most one of those that an
/// instance talks to changes. The number of instances that talk to an endpoint varies as chance has it. Weights count among
/// those that were drawn; to be drawn, a heavy endpoint has the same chance as a light one, of which the event `weightsIgnored` of a
/// mesh tells.
public struct RandomSubsetting: Hashable, Sendable {
    /// How many endpoints of each group are drawn, all if there are no more: 20 by default, as in A68.
    public let size: Int
    /// The seed of this instance, different from those of the others. `nil`, the default, draws one: then another process
    /// of the same instance has other endpoints.
    public let seed: UInt64?

    /// Creates the rule.
    ///
    /// - Precondition: `size` is at least 1.
    public init(size: Int = 20, seed: UInt64? = nil) {
        precondition(size >= 1, "a subset has at least one endpoint, not \(size)")
        self.size = size
        self.seed = seed
    }
}

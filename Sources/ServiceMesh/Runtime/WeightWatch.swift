import MeshCore
import MeshLoadBalancing

/// Notices weights of endpoints that a service does not go by.
struct WeightWatch: Sendable {
    /// Weights that are not gone by.
    struct Ignored: Hashable, Sendable {
        /// What does not go by them: the name of the policy, or `random_subsetting`.
        let by: String
        let lightest: UInt32
        let heaviest: UInt32
    }

    private let deaf: [String]
    /// The weights that there are, but for 0.
    private var weights: Set<UInt32> = []

    init(_ policy: LoadBalancingPolicy, _ subsetting: Subsetting) {
        deaf = (policy.honoursWeights ? [] : [policy.name]) + (subsetting.honoursWeights ? [] : ["random_subsetting"])
    }

    /// What is to be said of a new set of endpoints: nothing as long as the same weights occur as before.
    ///
    /// - Complexity: O(n); O(1) if weights are gone by.
    mutating func update(_ set: EndpointSet) -> [Ignored] {
        guard !deaf.isEmpty else { return [] }
        let weights = Set(set.endpoints.lazy.map(\.weight).filter { $0 > 0 })
        guard weights != self.weights else { return [] }
        self.weights = weights
        guard weights.count > 1, let lightest = weights.min(), let heaviest = weights.max() else { return [] }
        return deaf.map { Ignored(by: $0, lightest: lightest, heaviest: heaviest) }
    }
}

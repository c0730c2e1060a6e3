import MeshCore

extension LoadBalancingPolicy {
    /// Whether calls go by the weights of endpoints, for as long as it works.
    ///
    /// ``prequal(_:)`` goes by what endpoints answer, and ``reportedWeights(_:)`` by what they report once two have. A custom policy
    /// is trusted to.
    package var honoursWeights: Bool {
        switch self {
        case .prequal, .reportedWeights: false
        case .random, .weightedRoundRobin, .leastRequest, .peakEWMA, .ringHash, .maglev, .custom: true
        }
    }
}

extension Subsetting {
    /// Whether a heavy endpoint is talked to by more instances than a light one.
    package var honoursWeights: Bool {
        switch self {
        case .none, .aperture: true
        case .random: false
        }
    }
}

import MeshLoadBalancing

/// What clients want to know of the load of servers: the rest is not worked out.
enum LoadNews: Sendable {
    case nothing, probes, reports

    /// What a policy wants.
    init(for policy: LoadBalancingPolicy) {
        self =
            switch policy {
            case .prequal: .probes
            case .reportedWeights: .reports
            default: .nothing
            }
    }
}

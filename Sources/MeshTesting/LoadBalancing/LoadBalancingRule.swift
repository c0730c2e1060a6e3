/// A rule that every load balancing policy obeys.
public enum LoadBalancingRule: String, Hashable, Sendable, CaseIterable {
    /// Equal endpoints get calls alike where calls do not overlap.
    case equalEndpointsShareAlike
    /// Endpoints get calls by their weights where calls do not overlap; alike, whatever their weights, while a policy goes by
    /// what they say of their load instead, and all say the same.
    case honoursWeights
    /// An endpoint of weight 0 gets none.
    case weightZeroGetsNothing
    /// A single endpoint gets them all.
    case singleEndpointGetsAll
    /// Without endpoints, or with weights of 0 only, a pick fails with `noEndpoints`.
    case emptySetFails
    /// An endpoint that may not be asked is not, as long as the others are more than the panic threshold.
    case unavailableGetsNothing
    /// When nobody may be asked and there is no panic, a pick fails with `unavailable`; with panic, somebody is asked.
    case allUnavailable
    /// A retry avoids the endpoint that failed.
    case avoidsWhoFailed
    /// Endpoints that join get their share, and of those that were there calls in flight and latency are kept, even if their
    /// weights change.
    case growingSet
    /// Endpoints that leave get no more, and those that stay share alike and keep what was learnt about them.
    case shrinkingSet
    /// Of endpoints with one address the first counts.
    case duplicatesCountOnce
    /// Ten thousand endpoints work as three do.
    case tenThousandEndpoints
    /// Every lease that has ended is no longer in flight.
    case leasesEnd
    /// The same seed picks the same endpoints.
    case seedReproduces
}

/// Which rules hold for a policy.
public struct LoadBalancingConformanceReport: Sendable {
    /// A rule that does not hold.
    public struct Violation: Hashable, Sendable, CustomStringConvertible {
        /// The rule.
        public let rule: LoadBalancingRule
        /// What was expected, and what happened.
        public let what: String

        /// The rule and what happened.
        public var description: String { "\(rule): \(what)" }
    }

    /// The rules that hold.
    public var passed: [LoadBalancingRule] = []
    /// The rules that do not hold.
    public var violations: [Violation] = []
}

/// A policy does not obey the rules of load balancing.
public struct LoadBalancingConformanceError: Error, Sendable, CustomStringConvertible {
    /// The policy.
    public let policy: String
    /// The rules that do not hold.
    public let violations: [LoadBalancingConformanceReport.Violation]

    /// One line for each rule.
    public var description: String {
        "\(policy) violates \(violations.count) of \(LoadBalancingRule.allCases.count) rules:\n"
            + violations.map { "- \($0)" }.joined(separator: "\n")
    }
}

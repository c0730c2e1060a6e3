public import MeshCore

/// Which subsets of the endpoints calls may ask for (`CallContext.subset`), and what becomes of a call whose subset
/// has no endpoint: Envoy's subset load balancing.
///
/// ```swift
/// routing.subsets = SubsetRules(keys: [["version"]], fallback: .anyEndpoint)
/// ```
public struct SubsetRules: Hashable, Sendable {
    /// What becomes of a call whose subset is not declared or has no endpoint.
    public enum Fallback: Hashable, Sendable {
        /// It fails, as if there were no endpoints. The default, as in Envoy: a canary that is gone is seen.
        case none
        /// It goes to any endpoint.
        case anyEndpoint
        /// It goes to this subset.
        case subset(EndpointSubset)
    }

    /// The keys of metadata by which endpoints are divided; each list makes subsets of its own. An endpoint belongs to those
    /// for which it has all keys. Each subset has its own groups, and where the policy hashes its own table, as large as that of
    /// all endpoints (Maglev: 256 KiB): the first call with a key that asks for the subset makes it, updates renew it.
    public let keys: [Set<String>]
    /// What becomes of a call whose subset has no endpoint.
    public let fallback: Fallback
    /// The subset of calls that do not ask for one; `nil`, the default, for all endpoints.
    public let `default`: EndpointSubset?

    /// Creates rules. The keys of a ``default`` and of the fallback need not be listed.
    public init(keys: [Set<String>] = [], fallback: Fallback = .none, default: EndpointSubset? = nil) {
        let `default` = `default`.flatMap { $0.metadata.isEmpty ? nil : $0 }
        var keys = keys
        if let `default` { keys.append(`default`.keys) }
        if case .subset(let subset) = fallback { keys.append(subset.keys) }
        self.keys = keys.reduce(into: []) { if !$1.isEmpty, !$0.contains($1) { $0.append($1) } }
        self.fallback = fallback
        self.default = `default`
    }
}

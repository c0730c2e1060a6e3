public import MeshCore

/// Calls that ask for a subset of the servers, by what discovery says of them: `version` is `v2`.
///
/// Of consequence only with the setting `subsets.keys`, and only if it names these keys.
public struct CallSubset: Hashable, Sendable {
    /// What a server's ``ServerGroup/metadata`` must hold.
    public var metadata: [String: String]
    /// Which share of the calls asks for it; all by default.
    public var share: Fraction

    /// Creates a subset.
    public init(_ metadata: [String: String], share: Fraction = .one) {
        self.metadata = metadata
        self.share = share
    }
}

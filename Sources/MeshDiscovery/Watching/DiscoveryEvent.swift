/// What happened to the endpoints of a service. For logs, metrics and tests.
public enum DiscoveryEvent: Hashable, Sendable {
    /// A set was put in force. An endpoint whose weight, metadata and the like changed is neither added nor removed.
    case updated(added: Int, removed: Int, total: Int)
    /// The source failed; the last good set, if there is one, stays in force.
    case failed(ResolutionError)
    /// The source answered "nobody"; the set of `total` endpoints stays in force.
    case emptyIgnored(total: Int)
}

extension DiscoveryEvent: CustomStringConvertible {
    /// A phrase for a person.
    public var description: String {
        switch self {
        case .updated(let added, let removed, let total): "\(total) endpoints (\(added) added, \(removed) removed)"
        case .failed(let error): "discovery failed: \(error)"
        case .emptyIgnored(let total): "an empty answer was ignored; \(total) endpoints stay in force"
        }
    }
}

/// Why no endpoint could be picked.
public enum PickError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The set is empty, or every endpoint in it has weight 0.
    case noEndpoints
    /// There are endpoints, but none of them may be asked now.
    case unavailable(total: Int, ejected: Int)

    /// A phrase for a person.
    public var description: String {
        switch self {
        case .noEndpoints: "there is no endpoint to pick"
        case .unavailable(let total, let ejected): "none of \(total) endpoints may be asked, \(ejected) are ejected"
        }
    }
}

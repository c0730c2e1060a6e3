public import MeshCore

/// Why no endpoint could be picked.
public enum PickError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The set is empty, or every endpoint in it has weight 0.
    case noEndpoints
    /// There are endpoints, but none of them may be asked now.
    case unavailable(total: Int, ejected: Int)
    /// There are endpoints, but none of them is in the subset that the call asks for.
    case noEndpointsInSubset(EndpointSubset, total: Int)
    /// Each of the endpoints that may be asked has as many calls in flight as it may have
    /// (``EndpointRouting/maximumInFlight``).
    case full(total: Int, ceiling: Int)

    /// A phrase for a person.
    public var description: String {
        switch self {
        case .noEndpoints: "there is no endpoint to pick"
        case .unavailable(let total, let ejected): "none of \(total) endpoints may be asked, \(ejected) are ejected"
        case .noEndpointsInSubset(let subset, let total): "none of \(total) endpoints has \(subset)"
        case .full(let total, let ceiling):
            "each of \(total) endpoints that may be asked has \(ceiling) calls in flight, its most"
        }
    }
}

public import MeshCore
public import MeshDiscovery

/// Something that happened in the mesh and that a person may want to know.
///
/// Rare by nature: changes of state, never single calls. What there are metrics and spans for is no event.
public enum MeshEvent: Hashable, Sendable {
    /// An endpoint gets no calls for `duration`, because of `reason` (a phrase for a person).
    case endpointEjected(ServiceName, Address, reason: String, duration: Duration)
    /// An endpoint that was ejected gets calls again.
    case endpointReadmitted(ServiceName, Address)
    /// An endpoint deserved to be ejected for `reason`, but too many of its service are already.
    case ejectionSuppressed(ServiceName, Address, reason: String)
    /// The endpoints of a service changed. `total` counts them after the change.
    case endpointSetUpdated(ServiceName, added: Int, removed: Int, total: Int)
    /// The source of endpoints gave no answer. The last good set stays in force.
    case resolutionFailed(ServiceName, ResolutionError)
    /// A call could have been tried again, but the budget for retries was used up. Published when that begins, not for
    /// every such call.
    case retryBudgetExhausted(ServiceName)
    /// So few endpoints are available that availability is ignored: calls go to all of them.
    case panicEntered(ServiceName, available: Int, total: Int)
    /// Enough endpoints are available again.
    case panicLeft(ServiceName, available: Int, total: Int)
    /// Endpoints have weights, from `lightest` to `heaviest`, that do not say how many calls they get: `by` is the policy that goes by
    /// something else (`prequal`, `client_side_weighted_round_robin` once there are reports) or `random_subsetting`. Published when
    /// other weights come, not for every update.
    case weightsIgnored(ServiceName, by: String, lightest: UInt32, heaviest: UInt32)

    /// The service that it happened to.
    public var service: ServiceName {
        switch self {
        case .endpointEjected(let service, _, _, _), .endpointReadmitted(let service, _),
            .ejectionSuppressed(let service, _, _), .endpointSetUpdated(let service, _, _, _),
            .resolutionFailed(let service, _), .retryBudgetExhausted(let service), .panicEntered(let service, _, _),
            .panicLeft(let service, _, _), .weightsIgnored(let service, _, _, _):
            service
        }
    }
}

extension MeshEvent: CustomStringConvertible {
    /// The event on one line: the service, then what happened.
    public var description: String {
        let what =
            switch self {
            case .endpointEjected(_, let address, let reason, let duration):
                "\(address) ejected for \(duration): \(reason)"
            case .endpointReadmitted(_, let address):
                "\(address) readmitted"
            case .ejectionSuppressed(_, let address, let reason):
                "\(address) not ejected, too many are already: \(reason)"
            case .endpointSetUpdated(_, let added, let removed, let total):
                "\(total) \(total == 1 ? "endpoint" : "endpoints") (\(added) added, \(removed) removed)"
            case .resolutionFailed(_, let error):
                "resolution failed, the last good endpoints stay: \(error)"
            case .retryBudgetExhausted:
                "the retry budget is exhausted"
            case .panicEntered(_, let available, let total):
                "panic: only \(available) of \(total) endpoints available, calls go to all"
            case .panicLeft(_, let available, let total):
                "panic over: \(available) of \(total) endpoints available"
            case .weightsIgnored(_, let by, let lightest, let heaviest):
                "endpoints have weights from \(lightest) to \(heaviest), which \(by) does not go by"
            }
        return "\(service): \(what)"
    }
}

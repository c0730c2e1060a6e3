/// A change in whether an endpoint may be asked, as a person would want to read of it.
public enum BreakerTransition: Hashable, Sendable {
    /// The endpoint is not asked for this long. Also reported for an ejected endpoint whose probe failed.
    case ejected(for: Duration, reason: EjectionReason)
    /// The endpoint should have been ejected, but too many already are. Reported at most once per
    /// ``CircuitBreakerPolicy/ejection``'s base for each endpoint.
    case ejectionSuppressed(EjectionReason)
    /// One call is on its way to find out whether the endpoint is well again.
    case probing
    /// The probe succeeded: the endpoint is asked like any other.
    case readmitted
}

/// Why an endpoint was ejected.
public enum EjectionReason: Hashable, Sendable {
    /// So many calls failed without a success in between.
    case consecutiveFailures(Int)
    /// So few of the calls in the window succeeded.
    case successRate(successes: Int, of: Int)
    /// It was ejected before, and its probe failed.
    case probeFailed
    /// It was ejected before, and still had too much to do for its probe.
    case probeOverloaded
}

extension BreakerTransition: CustomStringConvertible {
    /// A phrase for a person.
    public var description: String {
        switch self {
        case .ejected(let duration, let reason): "ejected for \(duration): \(reason)"
        case .ejectionSuppressed(let reason): "not ejected, because too many are: \(reason)"
        case .probing: "probing"
        case .readmitted: "readmitted"
        }
    }
}

extension EjectionReason: CustomStringConvertible {
    /// A phrase for a person.
    public var description: String {
        switch self {
        case .consecutiveFailures(let count): "\(count) failures in a row"
        case .successRate(let successes, let total): "only \(successes) of \(total) calls succeeded"
        case .probeFailed: "the probe failed"
        case .probeOverloaded: "the probe found it overloaded"
        }
    }
}

/// Which of the endpoints this instance talks to at all, in a fleet so large that each talking to each would be too many
/// connections.
///
/// Narrows every group of endpoints (a priority, or a locality of it) before the policy chooses. An endpoint outside gets no
/// call and so no connection; what is known of it is kept. Not to be confused with subsets by metadata (``SubsetRules``),
/// which are about what a call asks for: within one of those, this narrows again.
///
/// Where the endpoints inside that may be asked are fewer than ``EndpointRouting/panicThreshold`` of them, or none, as many
/// endpoints again stand in, the next in order; only if those do not suffice, availability is ignored.
public enum Subsetting: Hashable, Sendable {
    /// Every instance talks to every endpoint. The default.
    case none
    /// Each instance talks to endpoints drawn by its own seed: no knowledge of the other instances, few changes, an
    /// uneven load.
    case random(RandomSubsetting)
    /// Each instance talks to the endpoints beside its place among all instances: an even load, and more changes when the
    /// number of instances does.
    case aperture(Aperture)

    /// Random subsetting with its defaults.
    public static var random: Subsetting { .random(RandomSubsetting()) }

    /// The rule by which the width of the aperture follows the load; `nil` if it does not.
    var loadBand: LoadBand? {
        if case .aperture(let aperture) = self { aperture.loadBand } else { nil }
    }
}

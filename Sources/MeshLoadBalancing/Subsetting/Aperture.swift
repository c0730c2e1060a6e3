/// Each instance talks to the endpoints beside its place: the instances stand evenly on a ring, the endpoints lie evenly
/// on another, and an instance takes the arc that begins where it stands.
///
/// Finagle's deterministic aperture. All arcs have the same length, a whole number of the distances between two instances, so
/// that every point of the ring is under the same number of arcs and every endpoint gets the same load; an endpoint at the
/// edge of an arc gets the part of its share that lies inside. An endpoint takes as much of the ring as its weight says, so that
/// weights hold over all instances exactly. The order on the ring is that of the hashes of the addresses (XXH64), the same for
/// all instances: neighbours in address are seldom neighbours on the ring, and so an arc seldom lies in one rack or zone.
///
/// The load is even if all instances see the same endpoints, have different coordinates, and call about as much; and exactly
/// even if ``loadBand`` is `nil`. Prequal probes an endpoint at the edge as often as any; the policies that hash send a key to one
/// endpoint for each instance, not for all of them.
public struct Aperture: Hashable, Sendable {
    /// Where this instance stands at first; `LoadBalancer.update(_:)` replaces it. `nil`, the default, until it is known: the
    /// place on the ring is then drawn by chance, and the load as uneven as that.
    public let coordinate: ProcessCoordinate?
    /// The fewest endpoints to talk to, all if there are no more: 12 by default, as in Finagle. Fewer than 4 make it likely
    /// that none may be asked, and the choice of two unfair to the edges.
    public let minimum: Int
    /// How the arc grows and shrinks with the load; `nil` for an arc that stays as wide as ``minimum`` needs.
    public let loadBand: LoadBand?

    /// Creates the rule.
    ///
    /// - Precondition: `minimum` is at least 1.
    public init(coordinate: ProcessCoordinate? = nil, minimum: Int = 12, loadBand: LoadBand? = LoadBand()) {
        precondition(minimum >= 1, "an aperture has at least one endpoint, not \(minimum)")
        self.coordinate = coordinate
        self.minimum = minimum
        self.loadBand = loadBand
    }
}

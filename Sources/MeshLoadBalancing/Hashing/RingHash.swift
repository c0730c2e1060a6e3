/// Calls with one key go to one endpoint, the next on a ring on which every endpoint has many places: the fewest keys move when the
/// endpoints change.
///
/// Karger et al., "Consistent Hashing and Random Trees", 1997; the ring is Envoy's (ketama) with XXH64.
public struct RingHash: Hashable, Sendable {
    /// The least number of places: 1,024 by default, as in Envoy. Shares differ by about 1 / √(places of one endpoint).
    public let minimumRingSize: Int
    /// The most places: 8,388,608 by default, as in Envoy, which is also the limit. Takes 12 bytes for each, and every update
    /// builds the ring anew.
    public let maximumRingSize: Int
    /// The most that an endpoint may be above its share of the calls in flight, in percent of it; see
    /// ``Maglev/balanceFactor``. `nil`, the default, sets no bound. At least 100.
    public let balanceFactor: Int?

    /// The most places that a ring may have.
    public static let limit = 8_388_608

    /// Creates the policy.
    ///
    /// - Precondition: The sizes are between 1 and 8,388,608 and in order, and the factor at least 100.
    public init(minimumRingSize: Int = 1_024, maximumRingSize: Int = Self.limit, balanceFactor: Int? = nil) {
        precondition(minimumRingSize >= 1 && minimumRingSize <= maximumRingSize && maximumRingSize <= Self.limit)
        precondition(balanceFactor ?? 100 >= 100, "a balance factor is in percent, and at least 100")
        self.minimumRingSize = minimumRingSize
        self.maximumRingSize = maximumRingSize
        self.balanceFactor = balanceFactor
    }
}

/// Calls with one key go to one endpoint, the next on a ring on which every endpoint has many places: the fewest keys move when the
/// endpoints change.
///
/// Karger et al., "Consistent Hashing and Random Trees", 1997; the ring is Envoy's (ketama) with XXH64.
public struct RingHash: Hashable, Sendable {
    /// The least number of places: 1,024 by default, as in Envoy. Shares differ by about 1 / √(places of one endpoint).
    public let minimumRingSize: Int
    /// The most places: 8,388,608 by default, as in Envoy, which is also the limit. An endpoint whose share is less than one place
    /// gets one or none, as in Envoy.
    ///
    /// A ring is as large as ``minimumRingSize``, and so much larger that the lightest endpoint has a whole number of places: only
    /// where one is thousands of times as heavy as another does this number matter. Takes 16 to 20 bytes for each place, and
    /// twice as many while it is made; every update makes the ring anew, in 0.2 to 1 ms for 1,000 places, 15 ms for 65,536
    /// and 4 s for 8,388,608.
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

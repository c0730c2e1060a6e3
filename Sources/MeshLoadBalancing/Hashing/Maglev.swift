/// Calls with one key go to one endpoint, found in a table: even shares, a lookup of one memory access, and few keys that move when the
/// endpoints change.
///
/// Eisenbud et al., "Maglev: A Fast and Reliable Software Network Load Balancer", NSDI 2016, section 3.4, with weights as in
/// Envoy.
public struct Maglev: Hashable, Sendable {
    /// The size of the table, a prime: 65,537 by default, at most 5,000,011, as in Envoy. A hundred times the number of endpoints keeps
    /// shares within about one percent; below the number of endpoints some get nothing. An endpoint whose share is less than one
    /// place gets one. Takes 4 bytes for each place; every update builds it anew, whatever the weights in 3 to 40 ms for 1,000
    /// endpoints, and in 0.6 to 3 s for 5,000,011 places.
    public let tableSize: Int
    /// The most that an endpoint may be above its share of the calls in flight, in percent of it: 125 lets it have a quarter
    /// more. `nil`, the default, sets no bound. At least 100.
    ///
    /// Mirrokni, Thorup, Zadimoghaddam, "Consistent Hashing with Bounded Loads", 2018: of m calls, the next one included, an
    /// endpoint has at most ⌈factor × m × its share of the weight⌉; those above go to where their keys would go if that endpoint
    /// were not there. Calls and shares are those of the priority, locality or subset that the call goes to, and in it of the
    /// endpoints that may be asked: one of them always has room.
    ///
    /// The calls of other threads may be counted 65 us late, and 1 us more for each endpoint. With a bound a pick costs about 10 %
    /// more; the count, which is made when an owner is busy, takes time in proportion to the number of endpoints, and about a
    /// hundredth of the time in all.
    public let balanceFactor: Int?

    /// Creates the policy.
    ///
    /// - Precondition: The size is a prime up to 5,000,011, and the factor at least 100.
    public init(tableSize: Int = 65_537, balanceFactor: Int? = nil) {
        precondition(Self.isAllowed(tableSize: tableSize), "\(tableSize) is not a prime up to 5,000,011")
        precondition(balanceFactor ?? 100 >= 100, "a balance factor is in percent, and at least 100")
        self.tableSize = tableSize
        self.balanceFactor = balanceFactor
    }

    /// Whether a table may have this size: a prime from 3 to 5,000,011.
    public static func isAllowed(tableSize: Int) -> Bool {
        guard (3...5_000_011).contains(tableSize), tableSize % 2 == 1 else { return false }
        var divisor = 3
        while divisor * divisor <= tableSize {
            if tableSize % divisor == 0 { return false }
            divisor += 2
        }
        return true
    }
}

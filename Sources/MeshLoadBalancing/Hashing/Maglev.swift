/// Calls with one key go to one endpoint, found in a table: even shares, a lookup of one memory access, and few keys that move when the
/// endpoints change.
///
/// Eisenbud et al., "Maglev: A Fast and Reliable Software Network Load Balancer", NSDI 2016, section 3.4, with weights as in
/// Envoy.
public struct Maglev: Hashable, Sendable {
    /// The size of the table, a prime: 65,537 by default, at most 5,000,011, as in Envoy. A hundred times the number of endpoints keeps
    /// shares within about one percent; below the number of endpoints some get nothing. Takes 4 bytes for each place, and
    /// every update builds it anew.
    public let tableSize: Int
    /// The most that an endpoint may be above its share of the calls in flight, in percent of it: 125 lets it have a quarter
    /// more. `nil`, the default, sets no bound. At least 100.
    ///
    /// Mirrokni, Thorup, Zadimoghaddam, "Consistent Hashing with Bounded Loads", 2018: the calls above the bound go to where their
    /// keys would go if that endpoint were not there.
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

public import MeshCore

/// Limits and intervals of discovery by DNS. How to reach the name servers is up to ``DNSConfiguration``.
public struct DNSPolicy: Hashable, Sendable {
    /// The families of addresses that a name is asked for.
    public struct AddressFamilies: OptionSet, Hashable, Sendable {
        /// One bit per family.
        public let rawValue: UInt8

        /// Creates a set of families.
        public init(rawValue: UInt8) {
            self.rawValue = rawValue
        }

        /// IPv4: A records.
        public static let v4 = AddressFamilies(rawValue: 1)
        /// IPv6: AAAA records.
        public static let v6 = AddressFamilies(rawValue: 2)
    }

    /// Both families by default. Leave one out where the network does not carry it.
    public var addressFamilies: AddressFamilies {
        didSet { check() }
    }
    /// The shortest time that an answer is used and the shortest time between two questions of a resolver without cause.
    ///
    /// 1 s by default. Registries such as Consul hand out a TTL of 0 and mean "now"; one question a second keeps that
    /// promise within the time a failed call takes anyway, and is a load that any name server carries.
    public var shortestLifetime: Duration {
        didSet { check() }
    }
    /// The longest time that an answer is used. 1 h by default, so that a record published with a TTL of a week by
    /// mistake is corrected within the hour.
    public var longestLifetime: Duration {
        didSet { check() }
    }
    /// The longest time that "no such name" and "no such records" are used. 10 s by default, as in the JVM: an instance
    /// that registers should not stay unseen because somebody asked too early. RFC 2308 section 5 asks for a cap, too.
    public var longestNegativeLifetime: Duration {
        didSet { check() }
    }
    /// How many answers are kept. 1024 by default; 0 keeps none.
    public var cacheCapacity: Int {
        didSet { check() }
    }
    /// After ``DNSResolver/refresh()``, at most one question in this time. 5 s by default.
    public var refreshInterval: Duration {
        didSet { check() }
    }
    /// When to ask again after a failure. By default 0.5 to 1 s, doubling up to 15 to 30 s.
    public var backoff: Backoff
    /// How long entries of the hosts file are used before it is looked at again. 5 s by default.
    public var hostsLifetime: Duration {
        didSet { check() }
    }
    /// How many targets of SRV records are looked up at the same time. 8 by default.
    public var concurrentLookups: Int {
        didSet { check() }
    }

    /// Creates a policy.
    ///
    /// - Precondition: There is a family; no duration is negative, the shortest lifetime, the refresh interval and the
    ///   hosts lifetime are positive; the longest lifetimes are not below the shortest; the capacity is not negative;
    ///   there is at least one concurrent lookup.
    public init(
        addressFamilies: AddressFamilies = [.v4, .v6],
        shortestLifetime: Duration = .seconds(1),
        longestLifetime: Duration = .seconds(3600),
        longestNegativeLifetime: Duration = .seconds(10),
        cacheCapacity: Int = 1024,
        refreshInterval: Duration = .seconds(5),
        backoff: Backoff = Backoff(base: .seconds(1), maximum: .seconds(30), jitter: .equal),
        hostsLifetime: Duration = .seconds(5),
        concurrentLookups: Int = 8
    ) {
        self.addressFamilies = addressFamilies
        self.shortestLifetime = shortestLifetime
        self.longestLifetime = longestLifetime
        self.longestNegativeLifetime = longestNegativeLifetime
        self.cacheCapacity = cacheCapacity
        self.refreshInterval = refreshInterval
        self.backoff = backoff
        self.hostsLifetime = hostsLifetime
        self.concurrentLookups = concurrentLookups
        check()
        precondition(longestLifetime >= shortestLifetime, "the longest lifetime must not be below the shortest")
        precondition(
            longestNegativeLifetime >= shortestLifetime,
            "the negative lifetime must not be below the shortest"
        )
    }

    /// What holds for each property alone: two can only be changed one after the other.
    private func check() {
        precondition(!addressFamilies.isDisjoint(with: [.v4, .v6]), "a DNS policy needs a family of addresses")
        precondition(shortestLifetime > .zero, "the shortest lifetime of a DNS answer must be positive")
        precondition(longestLifetime > .zero, "the longest lifetime of a DNS answer must be positive")
        precondition(longestNegativeLifetime > .zero, "the negative lifetime of a DNS answer must be positive")
        precondition(cacheCapacity >= 0, "the capacity of a cache must not be negative")
        precondition(refreshInterval > .zero, "the refresh interval must be positive")
        precondition(hostsLifetime > .zero, "the lifetime of the hosts file must be positive")
        precondition(concurrentLookups > 0, "there must be at least one concurrent lookup")
    }
}

extension DNSPolicy {
    /// How long an answer with this TTL, in seconds, is used.
    func lifetime(of result: DNSAnswer.Result, ttl: UInt32) -> Duration {
        let cap = if case .records = result { longestLifetime } else { longestNegativeLifetime }
        return min(max(.seconds(ttl), shortestLifetime), cap)
    }

    /// The types to ask for, IPv4 first.
    var addressTypes: [DNSRecordType] {
        (addressFamilies.contains(.v4) ? [.a] : []) + (addressFamilies.contains(.v6) ? [.aaaa] : [])
    }
}

/// One instance of a service: an address, and what the balancer should know about it.
///
/// A value whose copies share their storage until one is changed: a copy costs one reference count, because every call
/// hands its endpoint from layer to layer.
public struct Endpoint: Sendable {
    private final class Storage: Sendable {
        let fields: Fields

        init(_ fields: Fields) {
            self.fields = fields
        }
    }

    private struct Fields: Hashable {
        var address: Address
        var weight: UInt32
        var locality: Locality?
        var priority: UInt32
        var metadata: [String: String]
        var expectedIdentity: ExpectedIdentity?
    }

    private var storage: Storage

    /// Creates an endpoint.
    public init(
        _ address: Address,
        weight: UInt32 = 1,
        locality: Locality? = nil,
        priority: UInt32 = 0,
        metadata: [String: String] = [:],
        expectedIdentity: ExpectedIdentity? = nil
    ) {
        storage = Storage(
            Fields(
                address: address,
                weight: weight,
                locality: locality,
                priority: priority,
                metadata: metadata,
                expectedIdentity: expectedIdentity
            )
        )
    }

    private var fields: Fields {
        get { storage.fields }
        set { storage = Storage(newValue) }
    }

    /// Where it listens. Also its identity: two endpoints with one address are one endpoint, and what is learnt about
    /// it (load, latency, health) survives changes of everything below.
    public var address: Address {
        get { storage.fields.address }
        set { fields.address = newValue }
    }

    /// Its share of the traffic relative to the others: 1 by default, 0 for none.
    public var weight: UInt32 {
        get { storage.fields.weight }
        set { fields.weight = newValue }
    }

    /// Whether its weight is not 0. One of weight 0 is being emptied: it gets no new calls, and counts neither as
    /// available nor as ejected in any share.
    public var takesCalls: Bool { weight > 0 }

    /// Where it runs, if known.
    public var locality: Locality? {
        get { storage.fields.locality }
        set { fields.locality = newValue }
    }

    /// The group it belongs to: 0, the default, is asked first; higher ones when lower ones are not available.
    public var priority: UInt32 {
        get { storage.fields.priority }
        set { fields.priority = newValue }
    }

    /// Whatever discovery says about it: `version`, `canary`, a pod's name.
    public var metadata: [String: String] {
        get { storage.fields.metadata }
        set { fields.metadata = newValue }
    }

    /// Whom its certificate must prove it to be; `nil` leaves it to the policy of the service.
    public var expectedIdentity: ExpectedIdentity? {
        get { storage.fields.expectedIdentity }
        set { fields.expectedIdentity = newValue }
    }
}

extension Endpoint: Hashable {
    /// Whether everything about the two is equal.
    public static func == (lhs: Endpoint, rhs: Endpoint) -> Bool {
        lhs.storage === rhs.storage || lhs.storage.fields == rhs.storage.fields
    }

    /// Hashes the address.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(storage.fields.address)
    }
}

extension Endpoint: CustomStringConvertible {
    /// The address, and the weight where it is not 1.
    public var description: String { weight == 1 ? "\(address)" : "\(address) (weight \(weight))" }
}

/// Where an endpoint runs, from the largest part to the smallest.
public struct Locality: Hashable, Sendable, CustomStringConvertible {
    /// The region: `eu-central-1`.
    public var region: String
    /// The zone inside the region: `eu-central-1a`.
    public var zone: String
    /// The part of the zone: a rack, a room.
    public var subZone: String

    /// Creates a locality; an empty part is unknown.
    public init(region: String = "", zone: String = "", subZone: String = "") {
        self.region = region
        self.zone = zone
        self.subZone = subZone
    }

    /// The known parts with slashes between them.
    public var description: String { [region, zone, subZone].filter { !$0.isEmpty }.joined(separator: "/") }
}

/// Whom the certificate of an endpoint must prove it to be.
public enum ExpectedIdentity: Hashable, Sendable {
    /// Exactly this SPIFFE ID: `spiffe://prod.example/users`.
    case spiffeID(String)
    /// Any SPIFFE ID of this trust domain.
    case trustDomain(String)
    /// A SPIFFE ID that this pattern matches: `spiffe://prod.example/ns/*/sa/users`. A `*` stands for one segment of the
    /// path, `**` at the end for one or more.
    case spiffePattern(String)
    /// A certificate for this DNS name.
    case dnsName(String)
}

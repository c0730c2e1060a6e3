public import MeshCore

/// The type of a resource record.
public struct DNSRecordType: RawRepresentable, Hashable, Sendable {
    /// The type as on the wire.
    public let rawValue: UInt16

    /// Creates a type.
    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// An IPv4 address.
    public static let a = DNSRecordType(rawValue: 1)
    /// A name server.
    public static let ns = DNSRecordType(rawValue: 2)
    /// An alias.
    public static let cname = DNSRecordType(rawValue: 5)
    /// The start of authority, which says how long "no" holds.
    public static let soa = DNSRecordType(rawValue: 6)
    /// An IPv6 address (RFC 3596).
    public static let aaaa = DNSRecordType(rawValue: 28)
    /// The location of a service (RFC 2782).
    public static let srv = DNSRecordType(rawValue: 33)
    /// EDNS (RFC 6891).
    public static let opt = DNSRecordType(rawValue: 41)
}

extension DNSRecordType: CustomStringConvertible {
    /// The usual name, or `TYPE65` (RFC 3597).
    public var description: String {
        switch self {
        case .a: "A"
        case .ns: "NS"
        case .cname: "CNAME"
        case .soa: "SOA"
        case .aaaa: "AAAA"
        case .srv: "SRV"
        case .opt: "OPT"
        default: "TYPE\(rawValue)"
        }
    }
}

/// A resource record of class IN.
public struct DNSRecord: Hashable, Sendable {
    /// What a record says. Types without a case of their own are kept as octets.
    public enum Data: Hashable, Sendable {
        /// A or AAAA.
        case address(IPAddress)
        /// CNAME: the name that this one stands for.
        case alias(DNSName)
        /// SRV.
        case service(DNSService)
        /// SOA: how long, in seconds, a negative answer holds at most (RFC 2308). The other fields are not kept.
        case authority(negativeTTL: UInt32)
        /// OPT: the largest datagram that the sender takes, in octets, and the upper 8 bits of the response code.
        case options(payloadSize: UInt16, extendedCode: UInt8)
        /// Any other type or class.
        case other(DNSRecordType, [UInt8])
    }

    /// Whose record it is.
    public var name: DNSName
    /// How long it may be used, in seconds. A value with its top bit set counts as 0 (RFC 2181 section 8).
    public var ttl: UInt32
    /// What it says.
    public var data: Data

    /// Creates a record.
    public init(_ name: DNSName, ttl: UInt32, _ data: Data) {
        self.name = name
        self.ttl = ttl
        self.data = data
    }

    /// The type.
    public var type: DNSRecordType {
        switch data {
        case .address(.v4): .a
        case .address(.v6): .aaaa
        case .alias: .cname
        case .service: .srv
        case .authority: .soa
        case .options: .opt
        case .other(let type, _): type
        }
    }
}

/// Where one instance of a service is: the content of an SRV record (RFC 2782).
public struct DNSService: Hashable, Sendable {
    /// Lower is asked first.
    public var priority: UInt16
    /// The share among those of one priority; see ``DNSResolver`` for 0.
    public var weight: UInt16
    /// The port.
    public var port: UInt16
    /// The host; the root says that there is no such service.
    public var target: DNSName

    /// Creates the content of an SRV record.
    public init(priority: UInt16, weight: UInt16, port: UInt16, target: DNSName) {
        self.priority = priority
        self.weight = weight
        self.port = port
        self.target = target
    }
}

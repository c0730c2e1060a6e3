public import MeshCore

/// What the name servers say about a question.
public struct DNSAnswer: Hashable, Sendable {
    /// The kinds of answer. The last two are answers as good as the first: somebody in charge said so.
    public enum Result: Hashable, Sendable {
        /// The records, at the end of the aliases, in the order of the message.
        case records([DNSRecord])
        /// The name exists and has no records of this type.
        case noData
        /// The name does not exist (NXDOMAIN).
        case noSuchName
    }

    /// What was asked.
    public let question: DNSQuestion
    /// The answer.
    public let result: Result
    /// A and AAAA records that came along. For the targets of SRV records.
    public let additional: [DNSRecord]
    /// Who said so.
    public let server: DNSServer
    /// When.
    public let received: MeshInstant
    /// How long it may be used from then on: the lowest TTL of all records that led to it, between the floor and the cap
    /// of ``DNSPolicy``. `nil` for a "no" without an SOA, which must not be cached (RFC 2308 section 5).
    public let lifetime: Duration?

    /// Creates an answer.
    public init(
        question: DNSQuestion,
        result: Result,
        additional: [DNSRecord] = [],
        server: DNSServer,
        received: MeshInstant,
        lifetime: Duration?
    ) {
        self.question = question
        self.result = result
        self.additional = additional
        self.server = server
        self.received = received
        self.lifetime = lifetime
    }

    /// The records; empty if there are none for one reason or another.
    public var records: [DNSRecord] {
        if case .records(let records) = result { records } else { [] }
    }

    /// The addresses among the records.
    public var addresses: [IPAddress] {
        records.compactMap { if case .address(let address) = $0.data { address } else { nil } }
    }
}

/// What is asked: the records of one type that a name has, in class IN.
public struct DNSQuestion: Hashable, Sendable, CustomStringConvertible {
    /// The name.
    public var name: DNSName
    /// The type.
    public var type: DNSRecordType

    /// Creates a question.
    public init(_ name: DNSName, _ type: DNSRecordType) {
        self.name = name
        self.type = type
    }

    /// The name and the type: `users.prod A`.
    public var description: String { "\(name) \(type)" }
}

/// A DNS message (RFC 1035 section 4).
public struct DNSMessage: Hashable, Sendable {
    /// Ties a response to its query.
    public var id: UInt16
    /// The flags of the header: QR, opcode, AA, TC, RD, RA, Z, AD, CD. Without the response code.
    public var flags: Flags
    /// What became of the question.
    public var responseCode: DNSResponseCode
    /// The questions; in practice one.
    public var questions: [DNSQuestion]
    /// The records that answer them.
    public var answers: [DNSRecord]
    /// Who is in charge; for "no", the SOA.
    public var authorities: [DNSRecord]
    /// What else may be of use, and OPT.
    public var additionals: [DNSRecord]

    /// The flags of a message's header.
    public struct Flags: OptionSet, Hashable, Sendable {
        /// The second 16-bit word of the header without its lowest four bits.
        public let rawValue: UInt16

        /// Creates flags.
        public init(rawValue: UInt16) {
            self.rawValue = rawValue
        }

        /// QR: a response.
        public static let response = Flags(rawValue: 1 << 15)
        /// The four bits of the opcode; all clear in a standard query.
        public static let opcode = Flags(rawValue: 0x7800)
        /// AA: from a server in charge of the name.
        public static let authoritative = Flags(rawValue: 1 << 10)
        /// TC: cut off, ask again over TCP.
        public static let truncated = Flags(rawValue: 1 << 9)
        /// RD: please ask others.
        public static let recursionDesired = Flags(rawValue: 1 << 8)
        /// RA: this server asks others.
        public static let recursionAvailable = Flags(rawValue: 1 << 7)
    }

    /// Creates a message.
    public init(
        id: UInt16,
        flags: Flags,
        responseCode: DNSResponseCode = .noError,
        questions: [DNSQuestion] = [],
        answers: [DNSRecord] = [],
        authorities: [DNSRecord] = [],
        additionals: [DNSRecord] = []
    ) {
        self.id = id
        self.flags = flags
        self.responseCode = responseCode
        self.questions = questions
        self.answers = answers
        self.authorities = authorities
        self.additionals = additionals
    }
}

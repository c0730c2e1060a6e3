/// What a name server says became of a question (RFC 1035 4.1.1, extended by RFC 6891).
public struct DNSResponseCode: RawRepresentable, Hashable, Sendable {
    /// The code as on the wire; 4 bits, 12 with EDNS.
    public let rawValue: UInt16

    /// Creates a code.
    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// NOERROR: the question was answered, perhaps with nothing.
    public static let noError = DNSResponseCode(rawValue: 0)
    /// FORMERR: the server could not read the question.
    public static let formatError = DNSResponseCode(rawValue: 1)
    /// SERVFAIL: the server could not find the answer.
    public static let serverFailure = DNSResponseCode(rawValue: 2)
    /// NXDOMAIN: the name does not exist.
    public static let noSuchName = DNSResponseCode(rawValue: 3)
    /// NOTIMP: the server does not support this kind of question.
    public static let notImplemented = DNSResponseCode(rawValue: 4)
    /// REFUSED: the server does not want to answer.
    public static let refused = DNSResponseCode(rawValue: 5)
    /// BADVERS: the server does not know this version of EDNS.
    public static let badVersion = DNSResponseCode(rawValue: 16)
}

extension DNSResponseCode: CustomStringConvertible {
    /// The usual name: `SERVFAIL`.
    public var description: String {
        switch self {
        case .noError: "NOERROR"
        case .formatError: "FORMERR"
        case .serverFailure: "SERVFAIL"
        case .noSuchName: "NXDOMAIN"
        case .notImplemented: "NOTIMP"
        case .refused: "REFUSED"
        case .badVersion: "BADVERS"
        default: "RCODE\(rawValue)"
        }
    }
}

/// A domain name: up to 127 labels of 1 to 63 octets, 255 octets in all.
///
/// Names compare without regard to ASCII case (RFC 4343); this type keeps them in lower case. Every name is complete:
/// what a search list does to a short one is up to ``DNSConfiguration``.
public struct DNSName: Hashable, Sendable {
    /// The uncompressed wire form in lower case: each label behind its length, and a zero.
    let wire: [UInt8]

    /// The root: the name without labels.
    public static let root = DNSName(lowercasedWire: [0])

    /// Reads `users.prod.svc`, with or without a dot at the end.
    ///
    /// Labels consist of letters, digits, hyphens and underscores. A name in another script must be given in its
    /// ASCII form (`xn--...`).
    ///
    /// - Throws: ``DNSError/invalidName(_:reason:)`` with the text and the reason.
    public init(_ text: some StringProtocol) throws(DNSError) {
        guard text != "." else {
            self = .root
            return
        }
        var wire: [UInt8] = []
        let bytes = Array(text.utf8)
        for label in (bytes.last == 0x2E ? bytes.dropLast() : bytes[...])
            .split(separator: 0x2E, omittingEmptySubsequences: false)
        {
            guard !label.isEmpty else { throw .invalidName(String(text), reason: "there is an empty label") }
            guard label.count <= 63 else {
                throw .invalidName(String(text), reason: "a label is longer than 63 octets")
            }
            guard label.allSatisfy(Self.isAllowed) else {
                throw .invalidName(String(text), reason: "only letters, digits, \"-\" and \"_\" stand between the dots")
            }
            wire.append(UInt8(label.count))
            wire += label.map(Self.lowercased)
        }
        wire.append(0)
        guard wire.count <= 255 else { throw .invalidName(String(text), reason: "it is longer than 253 characters") }
        self.wire = wire
    }

    /// Creates a name from its uncompressed wire form, which the caller has checked.
    init(lowercasedWire wire: [UInt8]) {
        self.wire = wire
    }

    /// Whether this is the root.
    public var isRoot: Bool { wire.count == 1 }

    /// The labels, first to last.
    var labels: [ArraySlice<UInt8>] {
        var labels: [ArraySlice<UInt8>] = []
        var index = 0
        while index < wire.count, wire[index] > 0 {
            let end = index + 1 + Int(wire[index])
            labels.append(wire[(index + 1)..<end])
            index = end
        }
        return labels
    }

    /// This name with `suffix` behind it; `nil` if that is longer than a name may be.
    func appending(_ suffix: DNSName) -> DNSName? {
        guard wire.count - 1 + suffix.wire.count <= 255 else { return nil }
        return DNSName(lowercasedWire: wire.dropLast() + suffix.wire)
    }

    /// Whether this name is `localhost` or ends in it (RFC 6761 section 6.3).
    var isLocalhost: Bool { labels.last?.elementsEqual("localhost".utf8) ?? false }

    static func lowercased(_ byte: UInt8) -> UInt8 {
        (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(lowercased(byte)) || byte == 0x2D || byte == 0x5F
    }
}

extension DNSName: CustomStringConvertible {
    /// The name without a dot at the end; `.` for the root. Unusual octets are escaped as in a zone file (`\.`, `\032`).
    public var description: String {
        guard !isRoot else { return "." }
        return labels.map { label in
            label.reduce(into: "") { text, byte in
                switch byte {
                case 0x2E, 0x5C: text += "\\" + String(Unicode.Scalar(byte))
                case 0x21...0x7E: text.unicodeScalars.append(Unicode.Scalar(byte))
                default: text += "\\\(byte / 100)\(byte / 10 % 10)\(byte % 10)"
                }
            }
        }.joined(separator: ".")
    }
}

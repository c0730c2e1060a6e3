extension DNSMessage {
    /// Reads a message.
    ///
    /// Strict about what it understands: a record whose data is cut off, too long or points anywhere but back makes the
    /// whole message malformed. Octets behind the last record are ignored.
    ///
    /// - Throws: ``DNSError/malformed(_:offset:)``.
    /// - Complexity: O(n) in the size of the message; names expand to 255 octets each at most.
    public init(decoding bytes: [UInt8]) throws(DNSError) {
        try self.init(decoding: bytes, recordSections: 3)
    }

    /// Reads the header and the question of a message: enough to know whose answer it is, even if the rest is cut off.
    init(decodingHeadOf bytes: [UInt8]) throws(DNSError) {
        try self.init(decoding: bytes, recordSections: 0)
    }

    private init(decoding bytes: [UInt8], recordSections: Int) throws(DNSError) {
        var reader = DNSReader(bytes)
        let id = try reader.uint16("the header")
        let word = try reader.uint16("the header")
        var counts: [Int] = []
        for _ in 0..<4 { counts.append(Int(try reader.uint16("the header"))) }

        self.init(id: id, flags: Flags(rawValue: word & 0xFFF0), responseCode: DNSResponseCode(rawValue: word & 0xF))
        for _ in 0..<counts[0] {
            let name = try reader.name()
            let type = DNSRecordType(rawValue: try reader.uint16("the question"))
            guard try reader.uint16("the question") == 1 else {
                throw reader.malformed("the question is not in class IN")
            }
            questions.append(DNSQuestion(name, type))
        }
        var sections: [[DNSRecord]] = [[], [], []]
        for section in 0..<recordSections {
            for _ in 0..<counts[section + 1] { sections[section].append(try reader.record()) }
        }
        (answers, authorities, additionals) = (sections[0], sections[1], sections[2])
        for case .options(_, let extended) in additionals.map(\.data) {
            responseCode = DNSResponseCode(rawValue: responseCode.rawValue & 0xF | UInt16(extended) << 4)
        }
    }
}

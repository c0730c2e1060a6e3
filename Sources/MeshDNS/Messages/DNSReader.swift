import MeshCore

/// Reads the parts of a message, and never past its end.
struct DNSReader {
    let bytes: [UInt8]
    private(set) var offset = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    func malformed(_ what: String) -> DNSError { .malformed(what, offset: offset) }

    mutating func uint8(_ what: String) throws(DNSError) -> UInt8 {
        guard offset < bytes.count else { throw malformed("\(what) is cut off") }
        defer { offset += 1 }
        return bytes[offset]
    }

    mutating func uint16(_ what: String) throws(DNSError) -> UInt16 {
        UInt16(try uint8(what)) << 8 | UInt16(try uint8(what))
    }

    mutating func uint32(_ what: String) throws(DNSError) -> UInt32 {
        UInt32(try uint16(what)) << 16 | UInt32(try uint16(what))
    }

    /// Reads a name, following compression pointers.
    ///
    /// A pointer must lead to before everything that this name has used so far, so there is no circle to walk in; and a
    /// name has at most 127 labels, so it has no honest use for more pointers than that.
    mutating func name() throws(DNSError) -> DNSName {
        var wire: [UInt8] = []
        var position = offset
        var lowest = offset
        var pointers = 0
        var end: Int?
        while true {
            guard position < bytes.count else { throw .malformed("a name is cut off", offset: position) }
            let length = Int(bytes[position])
            switch length & 0xC0 {
            case 0x00:
                let next = position + 1 + length
                guard next <= bytes.count else { throw .malformed("a label is cut off", offset: position) }
                wire.append(UInt8(length))
                for byte in bytes[(position + 1)..<next] { wire.append(DNSName.lowercased(byte)) }
                guard wire.count <= 255 else { throw .malformed("a name is longer than 255 octets", offset: position) }
                position = next
                if length == 0 {
                    offset = end ?? next
                    return DNSName(lowercasedWire: wire)
                }
            case 0xC0:
                guard position + 1 < bytes.count else { throw .malformed("a pointer is cut off", offset: position) }
                let target = (length & 0x3F) << 8 | Int(bytes[position + 1])
                guard target >= 12, target < lowest else {
                    throw .malformed("a pointer does not lead back to an earlier name", offset: position)
                }
                pointers += 1
                guard pointers <= 127 else { throw .malformed("a name has too many pointers", offset: position) }
                if end == nil { end = position + 2 }
                lowest = target
                position = target
            default:
                throw .malformed("a label has an unknown type", offset: position)
            }
        }
    }

    mutating func record() throws(DNSError) -> DNSRecord {
        let name = try name()
        let type = DNSRecordType(rawValue: try uint16("a record"))
        let recordClass = try uint16("a record")
        let ttl = try uint32("a record")
        let length = Int(try uint16("a record"))
        let end = offset + length
        guard end <= bytes.count else { throw malformed("the data of a record is cut off") }

        let data: DNSRecord.Data
        switch (type, recordClass) {
        case (.opt, _):
            data = .options(payloadSize: recordClass, extendedCode: UInt8(truncatingIfNeeded: ttl >> 24))
            offset = end
        case (.a, 1):
            data = .address(.v4(try uint32("an address")))
        case (.aaaa, 1):
            let upper = UInt64(try uint32("an address")) << 32 | UInt64(try uint32("an address"))
            let lower = UInt64(try uint32("an address")) << 32 | UInt64(try uint32("an address"))
            data = .address(.v6(upper: upper, lower: lower, zone: nil))
        case (.cname, 1):
            data = .alias(try self.name())
        case (.srv, 1):
            let priority = try uint16("an SRV record")
            let weight = try uint16("an SRV record")
            let port = try uint16("an SRV record")
            // RFC 2782 forbids compression here, and servers compress all the same.
            data = .service(DNSService(priority: priority, weight: weight, port: port, target: try self.name()))
        case (.soa, 1):
            _ = try self.name()
            _ = try self.name()
            for _ in 0..<4 { _ = try uint32("an SOA record") }
            data = .authority(negativeTTL: try uint32("an SOA record"))
        default:
            data = .other(type, Array(bytes[offset..<end]))
            offset = end
        }
        guard offset == end else { throw malformed("the data of a \(type) record has another length than it says") }
        return DNSRecord(name, ttl: ttl > .max >> 1 && type != .opt ? 0 : ttl, data)
    }
}

import MeshCore

extension DNSMessage {
    /// The message in bytes, without compression. Reads back as an equal message, except for records of
    /// another class than IN, which are written in that class. Of an SOA only the negative TTL is kept.
    ///
    /// - Precondition: No section has more than 65,535 entries, and no record more than 65,535 octets.
    public func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(64)
        bytes.append(id)
        bytes.append(flags.rawValue & 0xFFF0 | responseCode.rawValue & 0xF)
        for count in [questions.count, answers.count, authorities.count, additionals.count] {
            bytes.append(UInt16(count))
        }
        for question in questions {
            bytes += question.name.wire
            bytes.append(question.type.rawValue)
            bytes.append(UInt16(1))
        }
        for record in answers + authorities + additionals { bytes.append(record) }
        return bytes
    }
}

extension [UInt8] {
    fileprivate mutating func append(_ value: UInt16) {
        append(UInt8(value >> 8))
        append(UInt8(truncatingIfNeeded: value))
    }

    fileprivate mutating func append(_ value: UInt32) {
        append(UInt16(value >> 16))
        append(UInt16(truncatingIfNeeded: value))
    }

    fileprivate mutating func append(_ record: DNSRecord) {
        self += record.name.wire
        append(record.type.rawValue)
        var recordClass: UInt16 = 1
        var ttl = record.ttl
        var data: [UInt8] = []
        switch record.data {
        case .address(.v4(let value)):
            data.append(value)
        case .address(.v6(let upper, let lower, _)):
            for half in [upper, lower] {
                data.append(UInt32(half >> 32))
                data.append(UInt32(truncatingIfNeeded: half))
            }
        case .alias(let name):
            data = name.wire
        case .service(let service):
            for value in [service.priority, service.weight, service.port] { data.append(value) }
            data += service.target.wire
        case .authority(let negativeTTL):
            data += DNSName.root.wire + DNSName.root.wire
            for value in [0, 0, 0, 0, negativeTTL] { data.append(value) }
        case .options(let payloadSize, let extendedCode):
            recordClass = payloadSize
            ttl = UInt32(extendedCode) << 24 | record.ttl & 0xFF_FFFF
        case .other(_, let octets):
            data = octets
        }
        append(recordClass)
        append(ttl)
        append(UInt16(data.count))
        self += data
    }
}

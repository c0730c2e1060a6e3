/// Reads the fields of one protobuf message from the front to the back: as much of the wire format as a load report needs.
///
/// Strict: a field that breaks off, an overlong number or a group is an error.
struct ProtobufReader {
    /// A field's value as it is on the wire.
    enum Value {
        case varint(UInt64)
        case fixed64(UInt64)
        case fixed32(UInt32)
        /// Where in the message.
        case bytes(Range<Int>)
    }

    private let bytes: [UInt8]
    private var index: Int
    private let end: Int

    init(_ bytes: [UInt8]) {
        self.init(bytes, in: bytes.indices)
    }

    private init(_ bytes: [UInt8], in range: Range<Int>) {
        self.bytes = bytes
        index = range.lowerBound
        end = range.upperBound
    }

    /// The next field; `nil` at the end.
    mutating func next() throws(LoadReportError) -> (number: UInt32, value: Value)? {
        guard index < end else { return nil }
        let key = try varint()
        guard let number = UInt32(exactly: key >> 3), (1...0x1FFF_FFFF).contains(number) else {
            throw Self.malformed("a field without a number")
        }
        switch key & 7 {
        case 0: return (number, .varint(try varint()))
        case 1: return (number, .fixed64(try fixed(8)))
        case 2:
            let length = try varint()
            guard length <= UInt64(end - index) else { throw Self.malformed("a field breaks off") }
            let range = index..<index + Int(length)
            index = range.upperBound
            return (number, .bytes(range))
        case 5: return (number, .fixed32(UInt32(truncatingIfNeeded: try fixed(4))))
        default: throw Self.malformed("a field of type \(key & 7)")
        }
    }

    static func malformed(_ reason: String) -> LoadReportError { .malformed(.binary, reason: reason) }

    private mutating func varint() throws(LoadReportError) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            guard index < end else { throw Self.malformed("a number breaks off") }
            let byte = bytes[index]
            index += 1
            // The tenth byte has room for one bit.
            guard shift < 63 || byte <= 1 else { break }
            value |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return value }
        }
        throw Self.malformed("a number has more than 64 bits")
    }

    private mutating func fixed(_ count: Int) throws(LoadReportError) -> UInt64 {
        guard end - index >= count else { throw Self.malformed("a number breaks off") }
        var value: UInt64 = 0
        for offset in 0..<count { value |= UInt64(bytes[index + offset]) << UInt64(8 * offset) }
        index += count
        return value
    }
}

extension ProtobufReader.Value {
    /// The value as a `double`.
    func double() throws(LoadReportError) -> Double {
        guard case .fixed64(let bits) = self else { throw ProtobufReader.malformed("a number is not a double") }
        return Double(bitPattern: bits)
    }
}

extension ProtobufReader {
    /// A value of the message as an entry of a `map<string, double>`. What is missing is empty or 0.
    func entry(_ value: Value) throws(LoadReportError) -> (name: String, value: Double) {
        guard case .bytes(let range) = value else { throw Self.malformed("a map is not a map") }
        var reader = ProtobufReader(bytes, in: range)
        var entry = (name: "", value: 0.0)
        while let (number, value) = try reader.next() {
            switch number {
            case 1:
                guard case .bytes(let text) = value, let name = String(validating: bytes[text], as: UTF8.self) else {
                    throw Self.malformed("a name is not UTF-8")
                }
                entry.name = name
            case 2: entry.value = try value.double()
            default: break
            }
        }
        return entry
    }
}

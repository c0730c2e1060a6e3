/// Reads the fields of one protobuf message from the front to the back: as much of the wire format as a load report needs.
///
/// Strict: a field that breaks off, an overlong number or a group is an error.
struct ProtobufReader {
    /// A field's value as it is on the wire.
    enum Value {
        case varint(UInt64)
        case fixed64(UInt64)
        case fixed32(UInt32)
        case bytes(ArraySlice<UInt8>)
    }

    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) {
        rest = bytes
    }

    /// The next field; `nil` at the end.
    mutating func next() throws(LoadReportError) -> (number: UInt32, value: Value)? {
        guard !rest.isEmpty else { return nil }
        let key = try varint()
        guard let number = UInt32(exactly: key >> 3), (1...0x1FFF_FFFF).contains(number) else {
            throw Self.malformed("a field without a number")
        }
        switch key & 7 {
        case 0: return (number, .varint(try varint()))
        case 1: return (number, .fixed64(try fixed(8)))
        case 2:
            let length = try varint()
            guard length <= UInt64(rest.count) else { throw Self.malformed("a field breaks off") }
            let bytes = rest.prefix(Int(length))
            rest.removeFirst(Int(length))
            return (number, .bytes(bytes))
        case 5: return (number, .fixed32(UInt32(truncatingIfNeeded: try fixed(4))))
        default: throw Self.malformed("a field of type \(key & 7)")
        }
    }

    static func malformed(_ reason: String) -> LoadReportError { .malformed(.binary, reason: reason) }

    private mutating func varint() throws(LoadReportError) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            guard let byte = rest.popFirst() else { throw Self.malformed("a number breaks off") }
            // The tenth byte has room for one bit.
            guard shift < 63 || byte <= 1 else { break }
            value |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return value }
        }
        throw Self.malformed("a number has more than 64 bits")
    }

    private mutating func fixed(_ count: Int) throws(LoadReportError) -> UInt64 {
        guard rest.count >= count else { throw Self.malformed("a number breaks off") }
        let value = rest.prefix(count).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        rest.removeFirst(count)
        return value
    }
}

extension ProtobufReader.Value {
    /// The value as a `double`.
    func double() throws(LoadReportError) -> Double {
        guard case .fixed64(let bits) = self else { throw ProtobufReader.malformed("a number is not a double") }
        return Double(bitPattern: bits)
    }

    /// The value as an entry of a `map<string, double>`. What is missing is empty or 0.
    func entry() throws(LoadReportError) -> (name: String, value: Double) {
        guard case .bytes(let bytes) = self else { throw ProtobufReader.malformed("a map is not a map") }
        var reader = ProtobufReader(bytes)
        var entry = (name: "", value: 0.0)
        while let (number, value) = try reader.next() {
            switch number {
            case 1:
                guard case .bytes(let text) = value, let name = String(validating: text, as: UTF8.self) else {
                    throw ProtobufReader.malformed("a name is not UTF-8")
                }
                entry.name = name
            case 2: entry.value = try value.double()
            default: break
            }
        }
        return entry
    }
}

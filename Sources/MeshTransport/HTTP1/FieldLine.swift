#if Transport
import HTTPTypes

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Android)
import Android
#endif

/// One field of a head or of trailers, and what it says about the message.
struct FieldLine {
    /// What a field means for the end of the message and of the connection.
    enum Meaning {
        case nothing
        case contentLength(Int64)
        case transferEncoding(isChunked: Bool)
        case connection(closes: Bool, keepsAlive: Bool)
    }

    let field: HTTPField
    let meaning: Meaning

    /// Reads `Name: value`, white space around the value left out.
    init(_ line: UnsafeRawBufferPointer) throws(MalformedResponse) {
        if line[0] == 0x20 || line[0] == 0x09 { throw .foldedField }
        guard let colon = line.firstIndex(of: 0x3A, from: 0), colon > 0 else { throw .fieldName }
        let nameBytes = UnsafeRawBufferPointer(rebasing: line[..<colon])
        guard nameBytes.allSatisfy(Self.isTokenByte),
            let name = HTTPField.Name(String(decoding: nameBytes, as: UTF8.self))
        else { throw .fieldName }

        var start = colon + 1
        var end = line.count
        while start < end, line[start] == 0x20 || line[start] == 0x09 { start += 1 }
        while end > start, line[end - 1] == 0x20 || line[end - 1] == 0x09 { end -= 1 }
        let value = UnsafeRawBufferPointer(rebasing: line[start..<end])
        guard value.allSatisfy(Self.isValueByte) else { throw .fieldValue(name.rawName) }
        field = HTTPField(name: name, lenientValue: value)

        switch name.canonicalName {
        case "content-length": meaning = .contentLength(try Self.length(value))
        case "transfer-encoding": meaning = .transferEncoding(isChunked: value.equalsIgnoringCase("chunked"))
        case "connection": meaning = Self.connection(value)
        default: meaning = .nothing
        }
    }

    /// Digits, and nothing else. A list of equal numbers, which some peers make of repeated fields, is refused: so is
    /// everything that two readers could understand in two ways.
    static func length(_ value: UnsafeRawBufferPointer) throws(MalformedResponse) -> Int64 {
        guard !value.isEmpty, value.count <= 19 else { throw .contentLength }
        var length: Int64 = 0
        for byte in value {
            guard (0x30...0x39).contains(byte) else { throw .contentLength }
            let (tens, overflow) = length.multipliedReportingOverflow(by: 10)
            let (sum, overflow2) = tens.addingReportingOverflow(Int64(byte - 0x30))
            guard !overflow, !overflow2 else { throw .contentLength }
            length = sum
        }
        return length
    }

    private static func connection(_ value: UnsafeRawBufferPointer) -> Meaning {
        var closes = false
        var keepsAlive = false
        for option in value.split(separator: 0x2C) {
            let option = UnsafeRawBufferPointer(rebasing: option).trimmed
            if option.equalsIgnoringCase("close") { closes = true }
            if option.equalsIgnoringCase("keep-alive") { keepsAlive = true }
        }
        return .connection(closes: closes, keepsAlive: keepsAlive)
    }

    /// A byte of a field value: visible, blank, or above ASCII (RFC 9110, 5.5).
    @inline(__always)
    static func isValueByte(_ byte: UInt8) -> Bool { byte >= 0x20 && byte != 0x7F || byte == 0x09 }

    /// A byte of a token (RFC 9110, 5.6.2).
    static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E...0x60, 0x7C, 0x7E: true
        default: false
        }
    }
}

/// The fields of the last response in their order, so that one that comes again need not be read again.
struct FieldLineCache {
    /// More lines, and longer ones, are read each time: the cache belongs to a connection, and there may be many.
    private static let capacity = 32
    private static let longest = 512

    private struct Entry {
        var bytes: [UInt8]
        var line: FieldLine
    }

    private var entries: [Entry] = []
    private var position = 0
    /// Whether all lines since the beginning were the same as the last time.
    private(set) var areUnchanged = true

    /// How many lines the last responses had, as far as they are kept.
    var count: Int { entries.count }

    mutating func rewind() {
        position = 0
        areUnchanged = true
    }

    mutating func next(_ bytes: UnsafeRawBufferPointer) throws(MalformedResponse) -> FieldLine {
        guard bytes.count <= Self.longest else {
            areUnchanged = false
            return try FieldLine(bytes)
        }
        defer { position += 1 }
        if position < entries.count {
            if bytes.equals(entries[position].bytes) { return entries[position].line }
            areUnchanged = false
            let line = try FieldLine(bytes)
            entries[position] = Entry(bytes: Array(bytes), line: line)
            return line
        }
        areUnchanged = false
        let line = try FieldLine(bytes)
        if position < Self.capacity { entries.append(Entry(bytes: Array(bytes), line: line)) }
        return line
    }
}

extension UnsafeRawBufferPointer {
    func equals(_ other: [UInt8]) -> Bool {
        guard count == other.count, let base = baseAddress else { return count == other.count }
        return other.withUnsafeBytes { memcmp(base, $0.baseAddress!, count) == 0 }
    }

    /// Compares with text in lower-case ASCII.
    func equalsIgnoringCase(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        return zip(self, UnsafeBufferPointer(start: text.utf8Start, count: count)).allSatisfy { byte, expected in
            ((0x41...0x5A).contains(byte) ? byte | 0x20 : byte) == expected
        }
    }

    fileprivate var trimmed: UnsafeRawBufferPointer {
        var slice = self[...]
        while let first = slice.first, first == 0x20 || first == 0x09 { slice.removeFirst() }
        while let last = slice.last, last == 0x20 || last == 0x09 { slice.removeLast() }
        return UnsafeRawBufferPointer(rebasing: slice)
    }
}
#endif

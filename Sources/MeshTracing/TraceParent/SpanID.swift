/// The identifier of one operation in a trace: eight bytes, never all zero. What `traceparent` calls the parent-id.
public struct SpanID: Hashable, Sendable, CustomStringConvertible {
    /// The eight bytes, most significant first.
    public let value: UInt64

    /// Creates an identifier; `nil` for zero, which the specification forbids.
    public init?(_ value: UInt64) {
        guard value != 0 else { return nil }
        self.value = value
    }

    /// Reads 16 lower-case hexadecimal digits; `nil` for anything else, and for all zeroes.
    public init?(_ text: String) {
        let word = text.withBytes { bytes in bytes.count == 16 ? parseWord(bytes, at: 0) : nil }
        guard let word else { return nil }
        self.init(word)
    }

    /// Draws a random identifier.
    public static func random(using generator: inout some RandomNumberGenerator) -> SpanID {
        while true {
            if let id = SpanID(generator.next()) { return id }
        }
    }

    /// 16 lower-case hexadecimal digits.
    public var description: String {
        String(unsafeUninitializedCapacity: 16) { buffer in
            writeWord(value, into: buffer, at: 0)
            return 16
        }
    }
}

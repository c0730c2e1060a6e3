/// The identifier of a whole trace: 16 bytes, never all zero.
public struct TraceID: Hashable, Sendable, CustomStringConvertible {
    /// The first eight bytes.
    public let upper: UInt64
    /// The last eight bytes.
    public let lower: UInt64

    /// Creates an identifier; `nil` if all bytes are zero, which the specification forbids.
    public init?(upper: UInt64, lower: UInt64) {
        guard upper | lower != 0 else { return nil }
        self.upper = upper
        self.lower = lower
    }

    /// Reads 32 lower-case hexadecimal digits; `nil` for anything else, and for all zeroes.
    public init?(_ text: String) {
        let words: (UInt64, UInt64)? = text.withBytes { bytes in
            guard bytes.count == 32, let upper = parseWord(bytes, at: 0), let lower = parseWord(bytes, at: 16) else {
                return nil
            }
            return (upper, lower)
        }
        guard let (upper, lower) = words else { return nil }
        self.init(upper: upper, lower: lower)
    }

    /// Draws a random identifier.
    public static func random(using generator: inout some RandomNumberGenerator) -> TraceID {
        // The loop ends at the first draw but once in 2^128.
        while true {
            if let id = TraceID(upper: generator.next(), lower: generator.next()) { return id }
        }
    }

    /// 32 lower-case hexadecimal digits.
    public var description: String {
        String(unsafeUninitializedCapacity: 32) { buffer in
            writeWord(upper, into: buffer, at: 0)
            writeWord(lower, into: buffer, at: 16)
            return 32
        }
    }
}

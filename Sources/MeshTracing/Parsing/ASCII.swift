/// The bytes that the grammars of the W3C headers are made of.
enum ASCII {
    static let tab: UInt8 = 0x09
    static let space: UInt8 = 0x20
    static let percent: UInt8 = 0x25
    static let comma: UInt8 = 0x2C
    static let dash: UInt8 = 0x2D
    static let semicolon: UInt8 = 0x3B
    static let equals: UInt8 = 0x3D

    /// `OWS` of RFC 9110: space and horizontal tab.
    @inline(__always)
    static func isWhitespace(_ byte: UInt8) -> Bool { byte == space || byte == tab }

    /// The value of a lower-case hexadecimal digit; anything above 15 for another byte.
    @inline(__always)
    static func lowerHexValue(_ byte: UInt8) -> UInt8 {
        let digit = byte &- 0x30
        let letter = byte &- 0x61
        return digit < 10 ? digit : letter < 6 ? letter &+ 10 : 0xFF
    }

    /// The value of a hexadecimal digit of either case; `nil` for another byte.
    static func hexValue(_ byte: UInt8) -> UInt8? {
        let value = lowerHexValue(byte | 0x20)
        // Setting the case bit turns 0x10...0x19 into digits; those are no digits.
        return value < 16 && byte >= 0x30 ? value : nil
    }

    /// The lower-case hexadecimal digit for a value below 16.
    @inline(__always)
    static func lowerHexDigit(_ value: UInt8) -> UInt8 { value < 10 ? value &+ 0x30 : value &+ 0x57 }
}

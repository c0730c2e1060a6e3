/// The grammar of `baggage`, W3C Baggage, section 3.3.
enum BaggageGrammar {
    /// Whether a range of bytes is a `list-member`: `key OWS "=" OWS value *( OWS ";" OWS property )`.
    static func isMember(_ bytes: Bytes, _ range: Range<Int>) -> Bool {
        var start = range.lowerBound
        var isFirst = true
        while start <= range.upperBound {
            let end = (start..<range.upperBound).firstIndex(of: ASCII.semicolon, in: bytes)
            guard isPair(bytes, (start..<end).trimmed(in: bytes), needsValue: isFirst) else { return false }
            isFirst = false
            start = end + 1
        }
        return true
    }

    /// Whether a range of bytes is a `token` of RFC 9110, section 5.6.2.
    static func isToken(_ bytes: Bytes, _ range: Range<Int>) -> Bool {
        !range.isEmpty && range.allSatisfy { isTokenByte(bytes[$0]) }
    }

    /// Whether a byte may stand in a value unescaped.
    static func isValueByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x21, 0x23...0x2B, 0x2D...0x3A, 0x3C...0x5B, 0x5D...0x7E: true
        default: false
        }
    }

    private static func isPair(_ bytes: Bytes, _ range: Range<Int>, needsValue: Bool) -> Bool {
        let split = range.firstIndex(of: ASCII.equals, in: bytes)
        guard isToken(bytes, (range.lowerBound..<split).trimmed(in: bytes)) else { return false }
        guard split < range.upperBound else { return !needsValue }
        return (split + 1..<range.upperBound).trimmed(in: bytes).allSatisfy { isValueByte(bytes[$0]) }
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E, 0x5F, 0x60, 0x7C, 0x7E: true
        default: false
        }
    }
}

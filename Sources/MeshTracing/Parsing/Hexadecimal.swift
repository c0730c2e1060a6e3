/// Reads 16 lower-case hexadecimal digits from `bytes` at `offset`; `nil` if one of them is none.
@inline(__always)
func parseWord(_ bytes: Bytes, at offset: Int) -> UInt64? {
    var value: UInt64 = 0
    var seen: UInt8 = 0
    for index in offset..<offset + 16 {
        let nibble = ASCII.lowerHexValue(bytes[index])
        seen |= nibble
        value = value << 4 | UInt64(nibble & 15)
    }
    return seen < 16 ? value : nil
}

/// Reads two lower-case hexadecimal digits from `bytes` at `offset`; `nil` if one of them is none.
@inline(__always)
func parseByte(_ bytes: Bytes, at offset: Int) -> UInt8? {
    let high = ASCII.lowerHexValue(bytes[offset])
    let low = ASCII.lowerHexValue(bytes[offset + 1])
    return high | low < 16 ? high << 4 | low : nil
}

/// Writes `value` as `digits` lower-case hexadecimal digits into `buffer` at `offset`.
@inline(__always)
func write(_ value: UInt64, digits: Int, into buffer: UnsafeMutableBufferPointer<UInt8>, at offset: Int) {
    var rest = value
    for index in stride(from: offset + digits - 1, through: offset, by: -1) {
        buffer[index] = ASCII.lowerHexDigit(rest)
        rest >>= 4
    }
}

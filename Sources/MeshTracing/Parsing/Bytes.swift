/// Bytes of a header value, borrowed while it is parsed.
typealias Bytes = UnsafeBufferPointer<UInt8>

extension String {
    /// Runs `body` on the UTF-8 of this string, without a copy for any native string.
    @inline(__always)
    func withBytes<Result>(_ body: (Bytes) -> Result) -> Result {
        if let result = utf8.withContiguousStorageIfAvailable(body) { return result }
        var copy = self
        return copy.withUTF8(body)
    }
}

extension Range<Int> {
    /// This range of `bytes` without white space at either end.
    func trimmed(in bytes: Bytes) -> Range<Int> {
        var lower = lowerBound
        var upper = upperBound
        while lower < upper, ASCII.isWhitespace(bytes[lower]) { lower += 1 }
        while lower < upper, ASCII.isWhitespace(bytes[upper - 1]) { upper -= 1 }
        return lower..<upper
    }

    /// The first place in this range of `bytes` that holds `byte`; the end of the range if there is none.
    func firstIndex(of byte: UInt8, in bytes: Bytes) -> Int {
        var index = lowerBound
        while index < upperBound, bytes[index] != byte { index += 1 }
        return index
    }
}

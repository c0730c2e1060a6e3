/// Percent-encoding of baggage values, RFC 3986, section 2.1.
enum PercentEncoding {
    /// `text` with every byte escaped that may not stand in a value, and the percent sign.
    static func encoded(_ text: String) -> String {
        text.withBytes { bytes in
            if bytes.allSatisfy(isPlain) { return text }
            let hex: StaticString = "0123456789ABCDEF"
            var result: [UInt8] = []
            result.reserveCapacity(bytes.count * 2)
            for byte in bytes {
                if isPlain(byte) {
                    result.append(byte)
                } else {
                    result.append(ASCII.percent)
                    result.append(hex.utf8Start[Int(byte >> 4)])
                    result.append(hex.utf8Start[Int(byte & 15)])
                }
            }
            return String(decoding: result, as: UTF8.self)
        }
    }

    /// `text` without escapes. What is not UTF-8 becomes U+FFFD; a percent sign that begins no escape stands for itself.
    static func decoded(_ text: Substring) -> String {
        let bytes = Array(text.utf8)
        guard bytes.contains(ASCII.percent) else { return String(text) }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            if bytes[index] == ASCII.percent, index + 2 < bytes.count,
                let high = ASCII.hexValue(bytes[index + 1]), let low = ASCII.hexValue(bytes[index + 2])
            {
                result.append(high << 4 | low)
                index += 3
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func isPlain(_ byte: UInt8) -> Bool { byte != ASCII.percent && BaggageGrammar.isValueByte(byte) }
}

/// The grammar of `tracestate`, W3C Trace Context level 2, section 3.3.
///
/// Level 2 takes the at sign for an ordinary character of a key. It so accepts every multi-tenant key of level 1
/// (`tenant@system`), and some that level 1 did not.
enum TraceStateGrammar {
    static let maximumLength = 256

    static func isKey(_ bytes: Bytes, _ range: Range<Int>) -> Bool {
        guard (1...maximumLength).contains(range.count), isLetterOrDigit(bytes[range.lowerBound]) else { return false }
        return range.allSatisfy { isLetterOrDigit(bytes[$0]) || isPunctuation(bytes[$0]) }
    }

    static func isValue(_ bytes: Bytes, _ range: Range<Int>) -> Bool {
        guard (1...maximumLength).contains(range.count), bytes[range.upperBound - 1] != ASCII.space else {
            return false
        }
        return range.allSatisfy { index in
            let byte = bytes[index]
            return byte >= 0x20 && byte <= 0x7E && byte != ASCII.comma && byte != ASCII.equals
        }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool { byte &- 0x61 < 26 || byte &- 0x30 < 10 }

    private static func isPunctuation(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x5F, 0x2D, 0x2A, 0x2F, 0x40: true  // _ - * / @
        default: false
        }
    }
}

/// An IPv4 or IPv6 address.
public enum IPAddress: Hashable, Sendable, CustomStringConvertible {
    /// The four bytes of an IPv4 address, most significant first.
    case v4(UInt32)
    /// An IPv6 address as its upper and lower 64 bits, and its zone (`%eth0`), if any.
    case v6(upper: UInt64, lower: UInt64, zone: String?)

    /// Reads `192.0.2.1`, `2001:db8::1`, `::ffff:192.0.2.1` or `fe80::1%eth0`; `nil` for anything else.
    ///
    /// Strict in the manner of `inet_pton`: four decimal parts without leading zeros, one `::` at most. A zone is visible
    /// ASCII without `%`, `/`, `[` and `]`: it ends up in URLs and headers.
    public init?(_ text: some StringProtocol) {
        if let value = Self.parseV4(Array(text.utf8)[...]) {
            self = .v4(value)
            return
        }
        let parts = text.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, parts.count == 1 || Self.isZone(parts[1]),
            let groups = Self.parseV6(Array(first.utf8))
        else { return nil }
        let upper = groups[..<4].reduce(0) { $0 << 16 | UInt64($1) }
        let lower = groups[4...].reduce(0) { $0 << 16 | UInt64($1) }
        self = .v6(upper: upper, lower: lower, zone: parts.count > 1 ? String(parts[1]) : nil)
    }

    /// The address in text; IPv6 in the canonical form of RFC 5952.
    public var description: String {
        switch self {
        case .v4(let value):
            return "\(value >> 24).\(value >> 16 & 255).\(value >> 8 & 255).\(value & 255)"
        case .v6(let upper, let lower, let zone):
            var text: String
            if upper == 0, lower >> 32 == 0xFFFF {
                text = "::ffff:\(IPAddress.v4(UInt32(truncatingIfNeeded: lower)))"
            } else {
                text = Self.compressed(Self.groups(upper) + Self.groups(lower))
            }
            if let zone { text += "%\(zone)" }
            return text
        }
    }

    private static func isZone(_ text: some StringProtocol) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (0x21...0x7E).contains($0) && !"%/[]".utf8.contains($0) }
    }

    private static func groups(_ half: UInt64) -> [UInt16] {
        [48, 32, 16, 0].map { UInt16(truncatingIfNeeded: half >> $0) }
    }

    private static func compressed(_ groups: [UInt16]) -> String {
        var best = 0..<0
        var start = 0
        for index in 0...8 {
            if index < 8, groups[index] == 0 { continue }
            if index - start > best.count, index - start > 1 { best = start..<index }
            start = index + 1
        }
        func joined(_ slice: ArraySlice<UInt16>) -> String {
            slice.map { String($0, radix: 16) }.joined(separator: ":")
        }
        guard !best.isEmpty else { return joined(groups[...]) }
        return "\(joined(groups[..<best.lowerBound]))::\(joined(groups[best.upperBound...]))"
    }

    private static func parseV4(_ bytes: ArraySlice<UInt8>) -> UInt32? {
        let parts = bytes.split(separator: 0x2E, omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var value: UInt32 = 0
        for part in parts {
            guard (1...3).contains(part.count), part.allSatisfy({ (0x30...0x39).contains($0) }),
                part.count == 1 || part.first != 0x30
            else { return nil }
            let number = part.reduce(UInt32(0)) { $0 * 10 + UInt32($1 - 0x30) }
            guard number <= 255 else { return nil }
            value = value << 8 | number
        }
        return value
    }

    private static func parseV6(_ bytes: [UInt8]) -> [UInt16]? {
        var head: [UInt16] = []
        var tail: [UInt16]?
        var index = 0
        func isColon(_ at: Int) -> Bool { at < bytes.count && bytes[at] == 0x3A }
        if isColon(0) {
            guard isColon(1) else { return nil }
            tail = []
            index = 2
        }
        while index < bytes.count {
            var end = index
            while end < bytes.count, bytes[end] != 0x3A { end += 1 }
            let part = bytes[index..<end]
            var groups: [UInt16] = []
            if part.contains(0x2E) {
                guard end == bytes.count, let v4 = parseV4(part) else { return nil }
                groups = [UInt16(v4 >> 16), UInt16(truncatingIfNeeded: v4)]
            } else {
                guard (1...4).contains(part.count) else { return nil }
                var value: UInt16 = 0
                for byte in part {
                    guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
                    value = value << 4 | UInt16(digit)
                }
                groups = [value]
            }
            if tail != nil { tail? += groups } else { head += groups }
            index = end
            guard index < bytes.count else { break }
            index += 1
            if isColon(index) {
                guard tail == nil else { return nil }
                tail = []
                index += 1
            } else if index == bytes.count {
                return nil
            }
        }
        guard let tail else { return head.count == 8 ? head : nil }
        guard head.count + tail.count < 8 else { return nil }
        return head + Array(repeating: 0, count: 8 - head.count - tail.count) + tail
    }
}

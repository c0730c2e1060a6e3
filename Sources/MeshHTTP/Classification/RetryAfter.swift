/// The `Retry-After` header (RFC 9110, 10.2.3): a number of seconds, or a date.
enum RetryAfter: Hashable, Sendable {
    /// After this time.
    case delay(Duration)
    /// At this time: seconds since 1970-01-01 00:00 UTC.
    case date(Int64)

    /// Reads a header value; `nil` if it is neither a whole number of seconds nor a date of RFC 9110.
    ///
    /// A number of more than 18 digits counts as the largest one of 18: it only has to be longer than any limit.
    ///
    /// - Parameters:
    ///   - text: `120`, or a date in any of the three formats.
    ///   - now: The current time in seconds since 1970-01-01 00:00 UTC, for years of two digits.
    init?(_ text: String, at now: Int64) {
        let isBlank: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 }
        var bytes = Array(text.utf8.drop(while: isBlank))
        while let last = bytes.last, isBlank(last) { bytes.removeLast() }
        if !bytes.isEmpty, bytes.allSatisfy({ (0x30...0x39).contains($0) }) {
            let digits = bytes.drop { $0 == 0x30 }
            self = .delay(
                .seconds(
                    digits.count > 18 ? 999_999_999_999_999_999 : digits.reduce(Int64(0)) { $0 * 10 + Int64($1 - 0x30) }
                )
            )
        } else if let date = HTTPDate.parse(text, at: now) {
            self = .date(date)
        } else {
            return nil
        }
    }

    /// How long to wait at a given time: never negative.
    func delay(at now: Int64) -> Duration {
        switch self {
        case .delay(let delay): delay
        case .date(let date): .seconds(max(0, date - now))
        }
    }
}

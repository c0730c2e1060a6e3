/// Dates in HTTP headers (RFC 9110, 5.6.7), as seconds since 1970-01-01 00:00 UTC.
///
/// A recipient must accept three formats:
///
/// ```
/// Sun, 06 Nov 1994 08:49:37 GMT    ; IMF-fixdate
/// Sunday, 06-Nov-94 08:49:37 GMT   ; RFC 850, obsolete
/// Sun Nov  6 08:49:37 1994         ; asctime, obsolete
/// ```
enum HTTPDate {
    /// Reads a date; `nil` if it is in none of the three formats or does not exist (30 February, 25 o'clock).
    ///
    /// The name of the day must be one, but is not compared with the date.
    ///
    /// - Parameters:
    ///   - text: The header value.
    ///   - now: The current time, which a year of two digits is relative to: never more than 50 years after it.
    static func parse(_ text: String, at now: Int64) -> Int64? {
        var cursor = Cursor(Array(text.utf8))
        cursor.skipBlanks()
        guard let dayName = cursor.letters() else { return nil }
        let date: Int64?
        if longDays.contains(dayName) {
            date = rfc850(&cursor, now: now)
        } else if shortDays.contains(dayName) {
            date = cursor.accept(",") ? fixdate(&cursor) : asctime(&cursor)
        } else {
            return nil
        }
        cursor.skipBlanks()
        return cursor.isAtEnd ? date : nil
    }

    private static let shortDays: Set<String> = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    private static let longDays: Set<String> = [
        "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
    ]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    private static func fixdate(_ cursor: inout Cursor) -> Int64? {
        guard cursor.accept(" "), let day = cursor.digits(2), cursor.accept(" "), let month = month(&cursor),
            cursor.accept(" "), let year = cursor.digits(4), cursor.accept(" "), let time = time(&cursor),
            cursor.accept(" GMT")
        else { return nil }
        return seconds(year: year, month: month, day: day, time: time)
    }

    private static func rfc850(_ cursor: inout Cursor, now: Int64) -> Int64? {
        guard cursor.accept(", "), let day = cursor.digits(2), cursor.accept("-"), let month = month(&cursor),
            cursor.accept("-"), let shortYear = cursor.digits(2), cursor.accept(" "), let time = time(&cursor),
            cursor.accept(" GMT")
        else { return nil }
        let thisYear = year(of: now)
        var year = thisYear - thisYear % 100 + shortYear
        // More than 50 years ahead means the most recent past year with these digits; and late in a century the
        // first years of the next are the near ones.
        if year > thisYear + 50 { year -= 100 } else if year <= thisYear - 50 { year += 100 }
        return seconds(year: year, month: month, day: day, time: time)
    }

    private static func asctime(_ cursor: inout Cursor) -> Int64? {
        guard cursor.accept(" "), let month = month(&cursor), cursor.accept(" "),
            let day = cursor.accept(" ") ? cursor.digits(1) : cursor.digits(2), cursor.accept(" "),
            let time = time(&cursor), cursor.accept(" "), let year = cursor.digits(4)
        else { return nil }
        return seconds(year: year, month: month, day: day, time: time)
    }

    private static func month(_ cursor: inout Cursor) -> Int? {
        cursor.letters().flatMap(months.firstIndex(of:)).map { $0 + 1 }
    }

    private static func time(_ cursor: inout Cursor) -> Int? {
        guard let hour = cursor.digits(2), cursor.accept(":"), let minute = cursor.digits(2), cursor.accept(":"),
            let second = cursor.digits(2), hour < 24, minute < 60, second <= 60
        else { return nil }
        return hour * 3600 + minute * 60 + second
    }

    private static func seconds(year: Int, month: Int, day: Int, time: Int) -> Int64? {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        guard (1...lengths[month - 1]).contains(day) else { return nil }
        return Int64(days(year: year, month: month, day: day)) * 86_400 + Int64(time)
    }

    /// Days since 1970-01-01 in the proleptic Gregorian calendar. Source: Hinnant, "chrono-Compatible Low-Level Date
    /// Algorithms", `days_from_civil`.
    private static func days(year: Int, month: Int, day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func year(of now: Int64) -> Int {
        // Good to the day, which is all that a rule about half a century needs.
        1970 + Int((Double(now) / 86_400 / 365.2425).rounded(.down))
    }

    private struct Cursor {
        private let bytes: [UInt8]
        private var index = 0

        init(_ bytes: [UInt8]) { self.bytes = bytes }

        var isAtEnd: Bool { index == bytes.count }

        mutating func skipBlanks() {
            while index < bytes.count, bytes[index] == 0x20 || bytes[index] == 0x09 { index += 1 }
        }

        mutating func accept(_ text: String) -> Bool {
            guard bytes[index...].starts(with: text.utf8) else { return false }
            index += text.utf8.count
            return true
        }

        mutating func letters() -> String? {
            let start = index
            while index < bytes.count, (0x41...0x5A).contains(bytes[index]) || (0x61...0x7A).contains(bytes[index]) {
                index += 1
            }
            return index > start ? String(decoding: bytes[start..<index], as: UTF8.self) : nil
        }

        mutating func digits(_ count: Int) -> Int? {
            guard bytes.count - index >= count else { return nil }
            var value = 0
            for byte in bytes[index..<index + count] {
                guard (0x30...0x39).contains(byte) else { return nil }
                value = value * 10 + Int(byte - 0x30)
            }
            index += count
            return value
        }
    }
}

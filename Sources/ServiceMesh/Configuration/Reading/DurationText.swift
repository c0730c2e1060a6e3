/// Durations as people write them: `250ms`, `1.5s`, `1m30s`.
enum DurationText {
    private static let units: [(name: String, nanoseconds: Int64)] = [
        ("h", 3_600_000_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1_000),
        ("ns", 1),
    ]

    static let unitNames = "ns, us, ms, s, m, h"

    /// Reads a duration, exactly: whole nanoseconds, no binary fractions on the way.
    static func parse(_ text: String) throws(Rejection) -> Duration {
        guard !text.isEmpty else { throw Rejection("it is empty; write a duration such as \"250ms\"") }
        if text.hasPrefix("-") { throw Rejection("a duration must not be negative") }
        var rest = text[...]
        var sum: Int64 = 0
        var smallest = units.startIndex
        while !rest.isEmpty {
            let whole = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(whole.count)
            var decimals: Substring = ""
            if rest.first == "." {
                decimals = rest.dropFirst().prefix { $0.isASCII && $0.isNumber }
                guard !decimals.isEmpty else { throw Rejection("digits are missing behind the point") }
                rest = rest.dropFirst(decimals.count + 1)
            }
            guard !whole.isEmpty else {
                throw Rejection("it is not a duration; write a number and a unit, such as \"250ms\" or \"1m30s\"")
            }
            let name = rest.prefix { !($0.isASCII && $0.isNumber) && $0 != "." }
            rest = rest.dropFirst(name.count)
            guard !name.isEmpty else {
                throw Rejection(
                    "it has no unit; write for example \"\(whole)ms\" or \"\(whole)s\"; units are \(unitNames)"
                )
            }
            guard let index = units.firstIndex(where: { $0.name == name }) else {
                throw Rejection("\"\(name)\" is not a unit; units are \(unitNames)")
            }
            guard index >= smallest else {
                throw Rejection("units must go from large to small, each once, as in \"1m30s\"")
            }
            smallest = index + 1
            sum = try adding(whole, decimals, units[index].nanoseconds, to: sum)
        }
        return .nanoseconds(sum)
    }

    /// The duration in the largest unit that it is a whole number of; ``parse(_:)`` reads it back.
    static func text(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        guard seconds < Int64.max / 1_000_000_000 else { return "\(duration)" }
        let nanoseconds = seconds * 1_000_000_000 + attoseconds / 1_000_000_000
        if nanoseconds == 0 { return "0s" }
        for unit in units where nanoseconds % unit.nanoseconds == 0 {
            return "\(nanoseconds / unit.nanoseconds)\(unit.name)"
        }
        return "\(nanoseconds)ns"
    }

    private static func adding(
        _ whole: Substring,
        _ decimals: Substring,
        _ unit: Int64,
        to sum: Int64
    ) throws(Rejection) -> Int64 {
        let tooLong = Rejection("it is too long; the longest duration is 2562047h")
        guard let count = Int64(whole) else { throw tooLong }
        let (product, overflow) = count.multipliedReportingOverflow(by: unit)
        var (total, overflow2) = sum.addingReportingOverflow(product)
        guard !overflow, !overflow2 else { throw tooLong }
        var place = unit
        for digit in decimals {
            guard place % 10 == 0 else { throw Rejection("it is finer than a nanosecond") }
            place /= 10
            (total, overflow2) = total.addingReportingOverflow(Int64(digit.wholeNumberValue ?? 0) * place)
            guard !overflow2 else { throw tooLong }
        }
        return total
    }
}

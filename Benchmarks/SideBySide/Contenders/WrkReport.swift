#if AsyncHTTPClient && Transport
/// What `wrk --latency` prints.
struct WrkReport: Sendable {
    let requests: Int
    let rps: Double
    let p50Us: Double
    let p99Us: Double

    /// - Throws: ``Unreadable`` if a figure is missing or a call failed.
    init(_ text: String) throws {
        let lines = text.split(separator: "\n").map { $0.split(whereSeparator: \.isWhitespace) }
        func value(after label: Substring) -> Substring? {
            lines.first { $0.first == label }?.dropFirst().first
        }
        guard !text.contains("Non-2xx"), !text.contains("Socket errors"),
            let requests = lines.first(where: { $0.dropFirst().first == "requests" })?.first.flatMap({ Int($0) }),
            let rps = value(after: "Requests/sec:").flatMap({ Double($0) }),
            let p50 = value(after: "50%").flatMap(Self.microseconds),
            let p99 = value(after: "99%").flatMap(Self.microseconds)
        else { throw Unreadable(text: text) }
        (self.requests, self.rps, p50Us, p99Us) = (requests, rps, p50, p99)
    }

    /// Of `12.34us`, `1.20ms`, `2.00s` and `1.50m`.
    private static func microseconds(_ text: Substring) -> Double? {
        let units: [(suffix: String, us: Double)] = [("us", 1), ("ms", 1e3), ("s", 1e6), ("m", 60e6)]
        guard let unit = units.first(where: { text.hasSuffix($0.suffix) }) else { return nil }
        return Double(text.dropLast(unit.suffix.count)).map { $0 * unit.us }
    }

    struct Unreadable: Error, CustomStringConvertible {
        let text: String

        var description: String { "wrk reported errors, or nothing:\n\(text)" }
    }
}
#endif

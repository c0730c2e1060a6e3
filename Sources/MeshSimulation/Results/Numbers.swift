/// Numbers as text, without Foundation and the same everywhere.
enum Numbers {
    /// A number with so many digits behind the point, rounded to the nearest.
    static func fixed(_ value: Double, _ digits: Int) -> String {
        var scale: Int64 = 1
        for _ in 0..<digits { scale *= 10 }
        guard abs(value) < 9e18 / Double(scale) else { return "-" }
        let scaled = Int64((abs(value) * Double(scale)).rounded())
        let sign = value < 0 && scaled > 0 ? "-" : ""
        guard digits > 0 else { return "\(sign)\(scaled)" }
        let decimals = "\(scaled % scale)"
        return "\(sign)\(scaled / scale).\(String(repeating: "0", count: digits - decimals.count))\(decimals)"
    }

    /// A duration in milliseconds, with three significant digits at least.
    static func milliseconds(_ duration: Duration?) -> String {
        guard let duration else { return "-" }
        let value = duration.milliseconds
        return fixed(value, value >= 100 ? 0 : value >= 10 ? 1 : 2)
    }

    /// A share in percent, with more digits close to all and to nothing, so that one in a million is seen.
    static func percent(_ share: Double) -> String {
        let rest = min(share, 1 - share)
        return fixed(share * 100, rest <= 0 || rest >= 0.001 ? 2 : rest >= 0.00001 ? 3 : 5)
    }
}

extension String {
    func padded(to width: Int) -> String { self + String(repeating: " ", count: Swift.max(0, width - count)) }

    func alignedRight(in width: Int) -> String { String(repeating: " ", count: Swift.max(0, width - count)) + self }
}

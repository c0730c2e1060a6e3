#if AsyncHTTPClient && Transport
import Foundation

/// Rows under a head.
struct MarkdownTable: Sendable {
    private(set) var lines: [String]
    private let columns: Int

    /// Columns whose names begin with `<` hold text, the others numbers.
    init(_ columns: [String]) {
        self.columns = columns.count
        let names = columns.map { $0.hasPrefix("<") ? String($0.dropFirst()) : $0 }
        lines = [
            "| \(names.joined(separator: " | ")) |",
            "|\(columns.map { $0.hasPrefix("<") ? "---" : "--:" }.joined(separator: "|"))|",
        ]
    }

    /// What is missing at the end stays empty.
    mutating func add(_ cells: [String]) {
        let row = cells + Array(repeating: "", count: columns - cells.count)
        lines.append("| \(row.joined(separator: " | ")) |")
    }
}

extension Double {
    func fixed(_ digits: Int) -> String { String(format: "%.\(digits)f", self) }
}

extension Spread? {
    func medianText(_ digits: Int) -> String { self?.median.fixed(digits) ?? "-" }

    func text(_ digits: Int) -> String {
        guard let self else { return "-" }
        return "\(self.median.fixed(digits)) (\(self.minimum.fixed(digits)) to \(self.maximum.fixed(digits)))"
    }
}
#endif

import BenchmarkSupport

/// What was measured, beside what was promised.
struct Report {
    /// A promise about a figure.
    enum Target {
        case atMost(Double)
        case atLeast(Double)

        func isMissed(by value: Double) -> Bool {
            switch self {
            case .atMost(let limit): value > limit
            case .atLeast(let limit): value < limit
            }
        }

        /// Less than a tenth is the noise of a shared machine.
        var withTolerance: Target {
            switch self {
            case .atMost(let limit): .atMost(limit * 1.1)
            case .atLeast(let limit): .atLeast(limit * 0.9)
            }
        }
    }

    struct Row {
        let what: String
        let value: Double
        let unit: String
        let digits: Int
        let target: Target?
    }

    private(set) var rows: [Row] = []

    /// Adds a figure. `--check` fails if its target is missed by more than a tenth.
    mutating func add(
        _ what: String,
        _ value: Double,
        _ unit: String,
        digits: Int = 1,
        target: Target? = nil
    ) {
        rows.append(Row(what: what, value: value, unit: unit, digits: digits, target: target))
    }

    var failed: [Row] { rows.filter { $0.target?.withTolerance.isMissed(by: $0.value) == true } }

    var markdown: String {
        let lines = rows.map { row in
            let target =
                switch row.target {
                case .atMost(let limit): "at most \(fixed(limit, row.digits))"
                case .atLeast(let limit): "at least \(fixed(limit, row.digits))"
                case nil: ""
                }
            let missed = row.target?.isMissed(by: row.value) == true ? ": missed" : ""
            return "| \(row.what) | \(fixed(row.value, row.digits)) \(row.unit) | \(target)\(missed) |"
        }
        return (["| what | measured | target |", "|---|--:|--:|"] + lines).joined(separator: "\n")
    }
}

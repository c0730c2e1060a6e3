/// The results of a scenario as text.
public struct SimulationReport: Sendable {
    /// What was lived through.
    public let scenario: Scenario
    /// The results, one for each variant.
    public let results: [SimulationResult]

    /// Creates a report.
    public init(_ scenario: Scenario, _ results: [SimulationResult]) {
        self.scenario = scenario
        self.results = results
    }

    /// The columns of the table: what each is called, its text, and its number for a ratio.
    struct Column: Sendable {
        let title: String
        let text: @Sendable (SimulationResult) -> String
        let number: @Sendable (SimulationResult) -> Double?
    }

    static let columns: [Column] = [
        Column(title: "calls", text: { "\($0.calls)" }, number: { Double($0.calls) }),
        Column(title: "success %", text: { Numbers.percent($0.success) }, number: { $0.success }),
        latency("p50 ms", 0.5), latency("p90 ms", 0.9), latency("p99 ms", 0.99), latency("p99.9 ms", 0.999),
        Column(
            title: "max load",
            text: { $0.maximumLoad > 0 ? Numbers.fixed($0.maximumLoad, 2) : "-" },
            number: { $0.maximumLoad }
        ),
        Column(title: "extra %", text: { Numbers.percent($0.extraShare) }, number: { $0.extraShare }),
        Column(title: "ejections", text: { "\($0.ejections)" }, number: { Double($0.ejections) }),
    ]

    private static func latency(_ title: String, _ share: Double) -> Column {
        Column(
            title: title,
            text: { Numbers.milliseconds($0.latency(share)) },
            number: { $0.latency(share)?.milliseconds }
        )
    }

    /// A table for a person, a line for each variant.
    ///
    /// Latencies are those of all calls, failed ones included. "max load" is ``SimulationResult/maximumLoad``, "extra" the
    /// requests beyond the calls.
    public func table() -> String {
        let rows = results.map { result in [result.variant] + Self.columns.map { $0.text(result) } }
        return Self.aligned([[scenario.name] + Self.columns.map(\.title)] + rows)
    }

    /// The same table with each number also as a multiple of the first line's.
    public func comparison() -> String {
        guard let first = results.first else { return "" }
        let rows = results.map { result in
            [result.variant]
                + Self.columns.map { column in
                    guard let number = column.number(result), let base = column.number(first), base > 0 else {
                        return column.text(result)
                    }
                    return "\(column.text(result)) (x\(Numbers.fixed(number / base, 2)))"
                }
        }
        return Self.aligned([[scenario.name] + Self.columns.map(\.title)] + rows)
    }

    static func aligned(_ rows: [[String]]) -> String {
        guard let first = rows.first else { return "" }
        let widths = first.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            row.indices.map { index in
                index == 0 ? row[0].padded(to: widths[0]) : row[index].alignedRight(in: widths[index])
            }
            .joined(separator: "  ")
        }
        .joined(separator: "\n")
    }
}

extension SimulationResult {
    /// Requests beyond the calls' first, as a share of the calls.
    var extraShare: Double { calls == 0 ? 0 : Double(extraRequests) / Double(calls) }
}

extension Duration {
    var milliseconds: Double { Double(components.seconds) * 1e3 + Double(components.attoseconds) * 1e-15 }
}

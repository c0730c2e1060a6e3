/// The plots of one result as inline SVG.
struct SimulationPlots {
    /// The largest values of all results, so that plots can be compared.
    struct Scales {
        let latency: Double
        let lowestLatency: Double
        let calls: Double
        let inFlight: Double
        let share: Double
        let imbalance: Double
    }

    private let result: SimulationResult
    private let scenario: Scenario
    private let scales: Scales

    init(_ result: SimulationResult, _ scenario: Scenario, scales: Scales) {
        self.result = result
        self.scenario = scenario
        self.scales = scales
    }

    // MARK: The plots

    /// Percentiles over time, on a logarithmic scale.
    func latency() -> String {
        let axis = LogAxis(from: scales.lowestLatency, to: scales.latency)
        let lines = [(0.5, "p50", "blue"), (0.9, "p90", "green d1"), (0.99, "p99", "red d2")].map {
            share,
            name,
            style in
            Line(
                name: name,
                style: style,
                values: result.slices.map { $0.latency(share).map { axis.height(of: $0.milliseconds) } }
            )
        }
        let marks = axis.marks.map { (axis.height(of: $0), Self.time($0)) }
        return figure("Latency", lines, marks)
    }

    /// Calls, what was sent for them, and failures, a second.
    func calls() -> String {
        let seconds = result.sliceDuration.milliseconds / 1e3
        let top = scales.calls
        let lines = [
            // Below the calls, which it mostly is as many as.
            Line(name: "requests sent", style: "green d1", values: result.slices.map { Double($0.attempts) / top }),
            Line(name: "calls", style: "blue", values: result.slices.map { Double($0.calls) / top }),
            Line(name: "failed calls", style: "red d2", values: result.slices.map { Double($0.failures) / top }),
        ]
        return figure("Calls a second, by their beginning", lines, marks(top, scale: 1 / seconds))
    }

    /// The requests in every server, each a thin line; the median and the fullest on top.
    func inFlight() -> String {
        let top = scales.inFlight
        let numbers = Set(result.slices.flatMap(\.inFlight.keys)).sorted()
        // Of a large fleet a hundred lines show as much as a thousand.
        let shown = numbers.count > 100 ? (0..<100).map { numbers[$0 * numbers.count / 100] } : numbers
        let members = result.slices.map { Set($0.members) }
        let thin = shown.map { number in
            Line(
                name: numbers.count > 100 ? "100 of the servers" : "each server",
                style: "thin",
                values: zip(result.slices, members).map { slice, members in
                    let count = slice.inFlight(at: number)
                    return count > 0 || members.contains(number) ? Double(count) / top : nil
                }
            )
        }
        let sorted = result.slices.map { slice in slice.members.map { slice.inFlight(at: $0) }.sorted() }
        let lines = [
            Line(
                name: "median",
                style: "blue",
                values: sorted.map { $0.isEmpty ? nil : Double($0[$0.count / 2]) / top }
            ),
            Line(name: "fullest", style: "red d1", values: sorted.map { $0.last.map { Double($0) / top } }),
        ]
        return figure("Requests in each server", lines, marks(top, scale: 1), thin: thin)
    }

    /// The load of the busiest server over time, as a multiple of the fair one.
    func imbalance() -> String {
        let top = scales.imbalance
        let lines = [
            Line(name: "busiest server", style: "blue", values: result.slices.map { $0.imbalance.map { $0 / top } }),
            Line(name: "fair share", style: "red d1", values: result.slices.map { _ in 1 / top }),
        ]
        return figure("Load of the busiest server, as a multiple of its fair share", lines, marks(top, scale: 1))
    }

    /// The load of each server as a multiple of the fair one.
    func shares() -> String {
        let total = result.servers.reduce(0) { $0 + $1.calls }
        let presence = result.servers.reduce(0) { $0 + $1.weightedPresence }
        guard total > 0, presence > 0 else { return "" }
        let loads = result.servers.filter { $0.weightedPresence > 0 }.map {
            ($0.name, Double($0.calls) / $0.weightedPresence / (Double(total) / presence))
        }
        let width = Self.width / Double(max(loads.count, 1))
        let bars = loads.enumerated().map { index, load in
            let height = min(load.1 / scales.share, 1) * Self.height
            let x = Self.left + width * Double(index) + width * 0.1
            let name = SimulationReport.escaped("\(load.0): \(Numbers.fixed(load.1, 2))")
            return """
                <rect class="bar" x="\(Self.n(x))" y="\(Self.n(Self.bottom - height))" width="\(Self.n(width * 0.8))" \
                height="\(Self.n(height))"><title>\(name)</title></rect>
                """
        }
        let fair = Self.n(Self.y(1 / scales.share))
        let body = """
            \(grid(marks(scales.share, scale: 1)))
            \(bars.joined(separator: "\n"))
            <line class="fair" x1="\(Self.n(Self.left))" x2="\(Self.n(Self.left + Self.width))" y1="\(fair)" y2="\(fair)"/>
            <text x="\(Self.n(Self.left))" y="\(Self.n(Self.bottom + 16))">each server, oldest first; dashed: its fair share</text>
            """
        return frame("Share of each server, as a multiple of its fair share", body)
    }

    // MARK: Drawing

    private struct Line {
        let name: String
        let style: String
        /// Heights from 0 to 1; `nil` for a gap.
        let values: [Double?]
    }

    private static let left = 64.0
    private static let bottom = 190.0
    private static let width = 410.0
    private static let height = 160.0

    private static func n(_ value: Double) -> String { Numbers.fixed(value, 1) }
    private static func y(_ height: Double) -> Double { bottom - min(max(height, 0), 1) * Self.height }

    /// Milliseconds, that are 1, 2 or 5 times a power of ten, with the unit.
    private static func time(_ milliseconds: Double) -> String {
        if milliseconds >= 999 { return Numbers.fixed(milliseconds / 1000, 0) + " s" }
        return Numbers.fixed(
            milliseconds,
            milliseconds > 0.99 ? 0 : milliseconds > 0.099 ? 1 : milliseconds > 0.0099 ? 2 : 3
        ) + " ms"
    }

    private func marks(_ top: Double, scale: Double) -> [(Double, String)] {
        let step = Self.step(top * scale / 4)
        return Self.multiples(of: step, upTo: top * scale).map { value in
            (value / scale / top, Numbers.fixed(value, step < 1 ? 1 : 0))
        }
    }

    private static func multiples(of step: Double, upTo end: Double) -> [Double] {
        let multiples = (0...12).map { Double($0) * step }
        return multiples.filter { $0 <= end * 1.0001 }
    }

    /// 1, 2 or 5 times a power of ten, at least `value`.
    private static func step(_ value: Double) -> Double {
        var power = 1e-3
        while power < 1e12 {
            for factor in [1.0, 2, 5] where factor * power >= value { return factor * power }
            power *= 10
        }
        return value
    }

    private func figure(
        _ title: String,
        _ lines: [Line],
        _ marks: [(Double, String)],
        thin: [Line] = []
    ) -> String {
        let paths = (thin + lines).map { path($0, class: "line \($0.style)") }
        var legend = ""
        for (index, line) in (lines + thin.prefix(1)).enumerated() {
            let x = Self.left + Double(index) * 120
            legend += """
                <line class="line \(line.style)" x1="\(Self.n(x))" x2="\(Self.n(x + 24))" y1="12" y2="12"/>\
                <text class="legend" x="\(Self.n(x + 30))" y="16">\(line.name)</text>
                """
        }
        let seconds = scenario.duration.milliseconds / 1e3
        let step = Self.step(seconds / 6)
        let ticks = Self.multiples(of: step, upTo: seconds).map { value in
            """
            <text text-anchor="middle" x="\(Self.n(Self.left + value / seconds * Self.width))" \
            y="\(Self.n(Self.bottom + 16))">\(Numbers.fixed(value, step < 1 ? 1 : 0)) s</text>
            """
        }
        return frame(
            title,
            [grid(marks), paths.joined(separator: "\n"), legend, ticks.joined()].joined(separator: "\n")
        )
    }

    private func grid(_ marks: [(Double, String)]) -> String {
        marks.map { height, text in
            let y = Self.y(height)
            return """
                <line class="grid" x1="\(Self.n(Self.left))" x2="\(Self.n(Self.left + Self.width))" y1="\(Self.n(y))" \
                y2="\(Self.n(y))"/><text text-anchor="end" x="\(Self.n(Self.left - 6))" y="\(Self.n(y + 4))">\(text)</text>
                """
        }
        .joined(separator: "\n")
    }

    private func frame(_ title: String, _ body: String) -> String {
        """
        <figure><figcaption>\(title)</figcaption>
        <svg viewBox="0 0 490 215" role="img" aria-label="\(title)">
        \(body)
        </svg></figure>
        """
    }

    private func path(_ line: Line, class style: String) -> String {
        var data = ""
        var draws = false
        for (index, value) in line.values.enumerated() {
            guard let value else {
                draws = false
                continue
            }
            let x = Self.left + (Double(index) + 0.5) / Double(line.values.count) * Self.width
            data += "\(draws ? "L" : "M")\(Self.n(x)) \(Self.n(Self.y(value)))"
            draws = true
        }
        return data.isEmpty ? "" : "<path class=\"\(style)\" d=\"\(data)\"/>"
    }
}

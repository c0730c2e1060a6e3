import ServiceMesh

extension SimulationReport {
    /// One page with plots, which needs no other file: for every variant the latency over time, the failures and what was
    /// sent, the requests in each server, each server's share, and the load of the busiest over time.
    ///
    /// The colours are close to those of Okabe and Ito, "Color Universal Design", 2008, which people with any kind of colour vision
    /// can tell apart, and stand out from the paper at 3 to 1 at least (WCAG 2.2, 1.4.11); lines differ by their dashes, too.
    /// Follows the reader's preference for light or dark.
    public func html() -> String {
        let plots = results.map { SimulationPlots($0, scenario, scales: scales) }
        let sections = zip(results, plots).map { result, plots in
            """
            <section>
            <h2>\(Self.escaped(result.variant))</h2>
            <div class="plots">
            \(plots.latency())
            \(plots.calls())
            \(plots.inFlight())
            \(plots.shares())
            \(plots.imbalance())
            </div>
            </section>
            """
        }
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(Self.escaped(scenario.name)) - meshsim</title>
            <style>
            \(Self.style)
            </style>
            </head>
            <body>
            <h1>\(Self.escaped(scenario.name))</h1>
            <p>\(Self.escaped(scenario.summary))</p>
            <p class="note">Seed \(scenario.seed). Latencies are those of all calls, failed ones included, by the instant at which
            a call began. The scales of all variants are the same.\(warmUpNote) "max load": requests to the busiest server for its weight
            and its time in discovery, as a multiple of the mean. "extra": requests beyond the first of each call, as a share of the calls.</p>
            \(htmlTable)
            \(sections.joined(separator: "\n"))
            </body>
            </html>
            """
    }

    private var warmUpNote: String {
        guard scenario.warmUp > .zero else { return "" }
        return " The table leaves out the warm-up, the first \(DurationNotation.text(scenario.warmUp))."
    }

    static func escaped(_ text: String) -> String {
        text.reduce(into: "") { result, character in
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            default: result.append(character)
            }
        }
    }

    private var htmlTable: String {
        let head = (["variant"] + Self.columns.map(\.title)).map { "<th>\(Self.escaped($0))</th>" }.joined()
        let rows = results.map { result in
            let cells = Self.columns.map { "<td>\(Self.escaped($0.text(result)))</td>" }.joined()
            return "<tr><th scope=\"row\">\(Self.escaped(result.variant))</th>\(cells)</tr>"
        }
        return """
            <div class="table"><table>
            <thead><tr>\(head)</tr></thead>
            <tbody>
            \(rows.joined(separator: "\n"))
            </tbody>
            </table></div>
            """
    }

    private var scales: SimulationPlots.Scales {
        let slices = results.flatMap(\.slices)
        return SimulationPlots.Scales(
            latency: max(1, slices.compactMap { $0.latency(0.99)?.milliseconds }.max() ?? 1),
            lowestLatency: slices.compactMap { $0.latency(0.5)?.milliseconds }.filter { $0 > 0 }.min() ?? 1,
            calls: Double(max(1, slices.map { max($0.calls, $0.attempts) }.max() ?? 1)),
            inFlight: Double(max(1, slices.flatMap(\.inFlight.values).max() ?? 1)),
            share: max(2, results.map(\.maximumLoad).max() ?? 2),
            imbalance: max(2, slices.compactMap(\.imbalance).max() ?? 2)
        )
    }

    private static let style = """
        :root { color-scheme: light dark; --paper: #ffffff; --ink: #1a1a1a; --faint: #d8d8d8; --soft: #5c5c5c; --thin: #8f8f8f;
          --blue: #0072B2; --green: #008C66; --red: #D55E00; }
        @media (prefers-color-scheme: dark) { :root { --paper: #16181b; --ink: #ececec; --faint: #3a3d42; --soft: #a8acb2; --thin: #70757c;
          --blue: #56B4E9; --green: #2EC79B; --red: #FF8A4C; } }
        body { background: var(--paper); color: var(--ink); font: 16px/1.45 system-ui, sans-serif; margin: 2rem auto;
          max-width: 1080px; padding: 0 1rem; }
        h1 { font-size: 1.6rem; margin-bottom: 0.2rem; } h2 { font-size: 1.2rem; margin: 2rem 0 0.5rem; }
        .note { color: var(--soft); font-size: 0.9rem; }
        .table { overflow-x: auto; }
        table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
        th, td { padding: 0.3rem 0.5rem; text-align: right; border-bottom: 1px solid var(--faint); white-space: nowrap; }
        th:first-child { text-align: left; }
        .plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(460px, 100%), 1fr)); gap: 1rem; }
        figure { margin: 0; } figcaption { font-size: 0.9rem; font-weight: 600; }
        svg { width: 100%; height: auto; display: block; }
        svg text { fill: var(--soft); font: 11px system-ui, sans-serif; }
        svg .legend { fill: var(--ink); }
        .grid { stroke: var(--faint); stroke-width: 1; }
        .line { fill: none; stroke-width: 1.8; stroke-linejoin: round; }
        .thin { stroke-width: 1; stroke: var(--thin); }
        .blue { stroke: var(--blue); } .green { stroke: var(--green); } .red { stroke: var(--red); }
        .d1 { stroke-dasharray: 6 3; } .d2 { stroke-dasharray: 2 2; }
        .bar { fill: var(--blue); } .fair { stroke: var(--red); stroke-width: 1.5; stroke-dasharray: 5 3; }
        """
}

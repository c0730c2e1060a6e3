import ServiceMesh

extension SimulationReport {
    /// A table for a person, a line for each variant and each part of the scenario: from its beginning to the first of some instants,
    /// from there to the second, and so on to its end.
    ///
    /// A part is made of whole slices, those that begin in it (``SimulationResult/part(from:to:)``). An instant that is not later than the
    /// one before is left out. "imbalance" is ``SimulationResult/Slice/imbalance``.
    public func table(splitAt instants: [Duration]) -> String {
        let ends = instants.filter { $0 > .zero && $0 < scenario.duration } + [scenario.duration]
        var rows = [[scenario.name, "from", "to", "calls", "failed %", "p50 ms", "p99 ms", "imbalance"]]
        for result in results {
            var start = Duration.zero
            for end in ends where end > start {
                let part = result.part(from: start, to: end)
                rows.append([
                    result.variant, DurationNotation.text(start), DurationNotation.text(end), "\(part.calls)",
                    part.calls > 0 ? Numbers.percent(Double(part.failures) / Double(part.calls)) : "-",
                    Numbers.milliseconds(part.latency(0.5)), Numbers.milliseconds(part.latency(0.99)),
                    part.imbalance.map { Numbers.fixed($0, 2) } ?? "-",
                ])
                start = end
            }
        }
        return Self.aligned(rows)
    }

    /// Reads instants as the configuration writes durations, with commas between them: `10s,1m30s`; `nil` for anything else.
    package static func instants(_ text: String) -> [Duration]? {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        let instants = parts.compactMap { try? DurationNotation.read(String($0)) }
        return instants.count == parts.count ? instants : nil
    }
}

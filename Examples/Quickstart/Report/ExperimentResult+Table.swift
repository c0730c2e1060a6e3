#if AsyncHTTPClient
extension ExperimentResult {
    /// The comparison, for people.
    func table() -> String {
        let scores = clients.map(\.scores)
        var lines = [
            "",
            row("", clients.map(\.name)),
            row("calls", scores.map { String($0.ended) }),
            row("success rate", scores.map { $0.successRate.percent(2) }),
        ]
        for percentile in [50, 99, 99.9] {
            let name = percentile == percentile.rounded() ? percentile.fixed(0) : percentile.fixed(1)
            lines.append(
                row(
                    "latency p\(name)",
                    scores.map { $0.latency.milliseconds(atPercentile: percentile).fixed(1) + " ms" }
                )
            )
        }
        lines += [
            "",
            row("share of answers", clients.map(\.name) + ["ejections"]) + "   fault",
        ]
        for endpoint in endpoints {
            let shares = clients.map { share(of: endpoint, for: $0).percent(1) }
            lines.append(
                row(endpoint.address, shares + [String(endpoint.ejections)])
                    + "   \(endpoint.fault?.description ?? "none")"
            )
        }
        lines.append("")
        for client in clients where client.scores.failed > 0 {
            let reasons = client.scores.failures.sorted { $0.value > $1.value }.map { "\($0.value) x \($0.key)" }
            lines.append("\(client.name) failed: \(reasons.joined(separator: ", "))")
        }
        lines += conclusion() + warnings()
        return lines.joined(separator: "\n")
    }

    private func conclusion() -> [String] {
        guard let baseline = clients.first(where: { $0.name == "baseline" })?.scores,
            let mesh = clients.first(where: { $0.name == "mesh" })?.scores
        else { return [] }
        let ratio = baseline.latency.milliseconds(atPercentile: 99) / mesh.latency.milliseconds(atPercentile: 99)
        return [
            "p99 through the mesh is \(ratio.fixed(1)) times lower; \(mesh.failed) calls failed instead of \(baseline.failed)."
        ]
    }

    private func warnings() -> [String] {
        let late = clients.map { $0.scores.lateness.milliseconds(atPercentile: 99) }.max() ?? 0
        guard late > 20 else { return [] }
        return [
            "This machine was too busy for \(Int(schedule.rate)) calls/s per client: 1 % of the calls started "
                + "\(late.fixed(0)) ms late or more. Lower --rate for clean numbers."
        ]
    }

    private func row(_ label: String, _ cells: [String]) -> String {
        label.rightPadded(20) + cells.map { $0.leftPadded(12) }.joined()
    }
}
#endif

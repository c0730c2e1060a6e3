#if AsyncHTTPClient && Transport
extension Comparison {
    /// Conditions and tables: medians, ratios to the first client, and the promises if they were checked.
    func markdown() -> String {
        var lines = conditions.markdown(backend: backend, peers: peers) + medianTable()
        if clients.count > 1 { lines += [""] + ratioTable() }
        if let verdicts { lines += [""] + Promise.table(verdicts) }
        return lines.joined(separator: "\n")
    }

    private func medianTable() -> [String] {
        var table = MarkdownTable([
            "in flight", "<client", "requests/s", "p50 us", "p99 us", "CPU us/request", "RSS MB", "sidecar CPU, RSS",
        ])
        for level in levels {
            for client in clients {
                func median(_ quantity: (Measurement) -> Double?) -> String {
                    rounds.spread(of: quantity, client, at: level).medianText(1)
                }
                var row = ["\(level)", client, rounds.spread(of: \.rps, client, at: level).text(0)]
                row += [median(\.p50Us), median(\.p99Us), median(\.cpuUsPerRequest), median(\.rssMb)]
                if rounds.spread(of: \.sidecarCpuUsPerRequest, client, at: level) != nil {
                    row.append("\(median(\.sidecarCpuUsPerRequest)), \(median(\.sidecarRssMb))")
                }
                table.add(row)
            }
        }
        for peer in missing { table.add(["", peer.client, "missing: `\(peer.install)`"]) }
        return table.lines
    }

    private func ratioTable() -> [String] {
        var table = MarkdownTable(["in flight", "<client / \(clients[0])", "requests/s", "p50", "CPU per request"])
        for level in levels {
            for client in clients.dropFirst() {
                func ratio(_ quantity: (Measurement) -> Double) -> String {
                    rounds.ratio(of: quantity, client, to: clients[0], at: level).text(3)
                }
                table.add(["\(level)", client, ratio(\.rps), ratio(\.p50Us), ratio(\.cpuUsPerRequest)])
            }
        }
        return table.lines
    }
}

extension Promise {
    static func table(_ verdicts: [Verdict]) -> [String] {
        var table = MarkdownTable(["in flight", "<promise", "bound", "measured", "<"])
        for verdict in verdicts {
            let promise = verdict.promise
            table.add([
                "\(promise.inFlight)",
                "\(promise.quantity) of \(promise.client) / \(promise.reference)",
                promise.bound.description,
                verdict.ratio.map { $0.fixed(3) } ?? "-",
                verdict.isMet.map { $0 ? "met" : "missed" } ?? "not measured",
            ])
        }
        return table.lines
    }
}

extension Promise.Bound: CustomStringConvertible {
    var description: String {
        switch self {
        case .atLeast(let bound): ">= \(bound.fixed(2))"
        case .atMost(let bound): "<= \(bound.fixed(2))"
        }
    }
}
#endif

#if AsyncHTTPClient
import Foundation

extension Comparison {
    /// Conditions and two tables: medians, and ratios to the first client.
    func markdown() -> String {
        var lines = [
            "\(conditions.date), \(conditions.cpu), \(conditions.cores) cores, \(conditions.os), "
                + "Swift \(conditions.swift), \(conditions.buildConfiguration) build, "
                + "load average before \(fixed(conditions.loadAverage, 2)).",
            "Backend: \(backend), on the same machine. "
                + "Medians of \(conditions.rounds) rounds of \(fixed(conditions.seconds, 1)) s (lowest to highest).",
            "",
            "| in flight | client | requests/s | p50 us | p99 us | CPU us/request | RSS MB |",
            "|--:|---|--:|--:|--:|--:|--:|",
        ]
        if conditions.isDebugBuild { lines.insert(contentsOf: ["**\(Conditions.debugWarning)**", ""], at: 0) }
        for level in levels {
            for client in clients {
                func median(_ quantity: (Measurement) -> Double, _ digits: Int) -> String {
                    fixed(spread(of: quantity, client, inFlight: level).median, digits)
                }
                let rps = text(spread(of: \.rps, client, inFlight: level), 0)
                lines.append(
                    "| \(level) | \(client) | \(rps) | \(median(\.p50Us, 1)) | \(median(\.p99Us, 1)) "
                        + "| \(median(\.cpuUsPerRequest, 1)) | \(median(\.rssMb, 1)) |"
                )
            }
        }
        if clients.count > 1 { lines += [""] + ratioTable() }
        return lines.joined(separator: "\n")
    }

    private func ratioTable() -> [String] {
        var lines = [
            "| in flight | client / \(clients[0]) | requests/s | p50 | CPU per request |",
            "|--:|---|--:|--:|--:|",
        ]
        for level in levels {
            for client in clients.dropFirst() {
                func ratio(_ quantity: (Measurement) -> Double) -> String {
                    text(self.ratio(of: quantity, client, inFlight: level), 3)
                }
                lines.append(
                    "| \(level) | \(client) | \(ratio(\.rps)) | \(ratio(\.p50Us)) | \(ratio(\.cpuUsPerRequest)) |"
                )
            }
        }
        return lines
    }

    private func text(_ spread: Spread, _ digits: Int) -> String {
        "\(fixed(spread.median, digits)) (\(fixed(spread.minimum, digits)) to \(fixed(spread.maximum, digits)))"
    }

    private func fixed(_ value: Double, _ digits: Int) -> String {
        String(format: "%.\(digits)f", value)
    }
}
#endif

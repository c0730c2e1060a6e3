#if AsyncHTTPClient && Transport
extension CostAtRate {
    /// Conditions and two tables: what each client costs, and what it adds to the first.
    func markdown() -> String {
        var lines = conditions.markdown(backend: backend, peers: peers)
        lines += ["\(rate) requests/s, bodies of 1 KiB; the cost of a sidecar is in it.", ""] + costTable()
        if clients.count > 1 { lines += [""] + addedTable() }
        return lines.joined(separator: "\n")
    }

    private func costTable() -> [String] {
        var table = MarkdownTable([
            "<client", "requests/s", "p50 us", "p99 us", "CPU us/request", "vCPU per 1,000/s", "RSS MB",
            "MB per 1,000/s",
        ])
        for client in clients {
            func median(_ quantity: (Measurement) -> Double?, _ digits: Int) -> String {
                spread(of: quantity, client).medianText(digits)
            }
            table.add([
                client, median(\.rps, 0), median(\.p50Us, 0), median(\.p99Us, 0), median(\.totalCpuUsPerRequest, 1),
                median(\.vcpuPer1000Rps, 3), median(\.totalRssMb, 1), median(\.mbPer1000Rps, 1),
            ])
        }
        for peer in missing { table.add([peer.client, "missing: `\(peer.install)`"]) }
        return table.lines
    }

    private func addedTable() -> [String] {
        var table = MarkdownTable([
            "<added to \(clients[0])", "p50 us", "p99 us", "vCPU per 1,000/s", "MB per 1,000/s",
        ])
        for client in clients.dropFirst() {
            table.add([
                client,
                added(\.p50Us, by: client).text(0),
                added(\.p99Us, by: client).text(0),
                added(\.vcpuPer1000Rps, by: client).text(3),
                added(\.mbPer1000Rps, by: client).text(1),
            ])
        }
        return table.lines
    }
}
#endif

#if AsyncHTTPClient
/// Everything that the live view shows, at one moment.
struct Picture: Sendable {
    let time: Duration
    let schedule: ArrivalSchedule
    let clients: [(name: String, scores: Scores)]
    let endpoints: [Endpoint]
    let notes: [String]

    struct Endpoint: Sendable {
        let address: String
        let fault: Fault?
        let opinion: String
    }

    init(of view: LiveView) {
        let experiment = view.experiment
        time = .now - view.start
        schedule = experiment.schedule
        clients = view.scoreboards.map { ($0.name, $0.current) }
        endpoints = experiment.fleet.servers.map { server in
            Endpoint(
                address: server.address,
                fault: server.fault,
                opinion: experiment.journal.opinion(of: server.address)
            )
        }
        notes = experiment.journal.notes.map { note in
            "\((note.time - view.start).seconds(1).leftPadded(5)) s  \(note.text)"
        }
    }

    /// The whole picture, for a terminal of 80 columns.
    func lines(since before: Picture) -> [String] {
        var lines = [
            "Two clients, five servers, \(Int(schedule.rate)) calls/s each. "
                + "\(time.seconds(1)) of \(schedule.duration.seconds(0)) s",
            "",
            row("client", ["calls/s", "success", "p50 ms", "p99 ms", "failed", "in flight"]),
        ]
        for (index, client) in clients.enumerated() {
            let scores = client.scores
            lines.append(
                row(
                    client.name,
                    [
                        rate(ofClient: index, since: before).fixed(0),
                        scores.successRate.percent(2),
                        scores.latency.milliseconds(atPercentile: 50).fixed(0),
                        scores.latency.milliseconds(atPercentile: 99).fixed(0),
                        String(scores.failed),
                        String(scores.began - scores.ended),
                    ]
                )
            )
        }
        lines += ["", row("endpoint", clients.map(\.name) + ["condition", "mesh says"])]
        for endpoint in endpoints {
            let shares = clients.indices.map { share(of: endpoint, client: $0, since: before).percent(0) }
            lines.append(row(endpoint.address, shares + [endpoint.fault?.description ?? "well", endpoint.opinion]))
        }
        lines.append("")
        let recent = notes.suffix(5).map { String($0.prefix(79)) }
        lines += recent + Array(repeating: "", count: 5 - recent.count)
        return lines
    }

    /// The gist, for a log.
    func line(since before: Picture) -> String {
        let gist = clients.enumerated().map { index, client in
            let latency = client.scores.latency
            return "\(client.name) \(rate(ofClient: index, since: before).fixed(0))/s "
                + "success \(client.scores.successRate.percent(2)) "
                + "p50 \(latency.milliseconds(atPercentile: 50).fixed(0)) "
                + "p99 \(latency.milliseconds(atPercentile: 99).fixed(0)) ms"
        }
        return "\(time.seconds(1).leftPadded(5)) s  " + gist.joined(separator: " | ")
    }

    private func row(_ label: String, _ cells: [String]) -> String {
        label.rightPadded(17) + cells.map { $0.leftPadded(12) }.joined()
    }

    private func rate(ofClient index: Int, since before: Picture) -> Double {
        let interval = (time - before.time) / .seconds(1)
        return Double(clients[index].scores.ended - before.clients[index].scores.ended) / max(interval, 0.001)
    }

    private func share(of endpoint: Endpoint, client index: Int, since before: Picture) -> Double {
        let now = clients[index].scores.answers
        let answers = now.merging(before.clients[index].scores.answers) { $0 - $1 }
        return Double(answers[endpoint.address] ?? 0) / Double(max(1, answers.values.reduce(0, +)))
    }
}
#endif

#if AsyncHTTPClient
/// Every client under the same load at the same time, against the same servers, through the same faults.
struct Experiment: Sendable {
    let greeters: [any Greeter]
    let fleet: Fleet
    let schedule: ArrivalSchedule
    let timeline: FaultTimeline
    let journal = Journal()

    func run(showing screen: Screen) async -> ExperimentResult {
        let scoreboards = greeters.map { Scoreboard(name: $0.name) }
        let start = ContinuousClock.now
        let view = LiveView(experiment: self, scoreboards: scoreboards, start: start, screen: screen)
        let watching = Task { await view.run() }
        let breaking = Task { await breakServers(from: start) }
        await withDiscardingTaskGroup { group in
            for (greeter, scores) in zip(greeters, scoreboards) {
                group.addTask {
                    await LoadGenerator(greeter: greeter, schedule: schedule, scores: scores).run(from: start)
                }
            }
        }
        await breaking.value
        watching.cancel()
        await watching.value
        return ExperimentResult(
            schedule: schedule,
            clients: scoreboards.map { .init(name: $0.name, scores: $0.current) },
            endpoints: fleet.servers.enumerated().map { index, server in
                .init(
                    address: server.address,
                    fault: timeline.fault(of: index),
                    opinion: journal.opinion(of: server.address),
                    ejections: journal.ejections(of: server.address)
                )
            }
        )
    }

    private func breakServers(from start: ContinuousClock.Instant) async {
        for change in timeline.changes(over: schedule.duration) {
            let server = fleet.servers[change.server]
            do {
                try await ContinuousClock().sleep(until: start + change.offset, tolerance: .zero)
                try await server.apply(change.fault)
                journal.note("server \(server.address): \(change.fault.map(\.description) ?? "well again")")
            } catch {
                journal.note("server \(server.address) did not come back: \(error)")
            }
        }
    }
}
#endif

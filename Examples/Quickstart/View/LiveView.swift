#if AsyncHTTPClient
/// Shows the experiment while it runs.
struct LiveView: Sendable {
    let experiment: Experiment
    let scoreboards: [Scoreboard]
    let start: ContinuousClock.Instant
    let screen: Screen

    /// Shows a picture after the other until the task is cancelled, and then the last one.
    func run() async {
        guard screen.mode != .quiet else { return }
        var history = [Picture(of: self)]
        var height = 0
        var notesShown = 0
        var isLast = false
        while !isLast {
            isLast = (try? await Task.sleep(for: screen.refreshInterval)) == nil
            let now = Picture(of: self)
            // Rates and shares are those of the last second.
            history.append(now)
            history.removeAll { now.time - $0.time > .milliseconds(1100) }
            guard let before = history.first else { continue }

            if screen.mode == .redrawn {
                let lines = now.lines(since: before)
                screen.redraw(lines, over: height)
                height = lines.count
            } else {
                for note in now.notes.dropFirst(notesShown) { screen.append(note) }
                notesShown = now.notes.count
                if !isLast { screen.append(now.line(since: before)) }
            }
        }
    }
}
#endif

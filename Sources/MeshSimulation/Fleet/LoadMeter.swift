import MeshCore

/// How busy a server was lately, and what it answered: what it reports to clients.
///
/// A sliding window in eighths; the oldest may stick out by one.
struct LoadMeter {
    private static let parts: UInt64 = 8

    private struct Totals {
        var at: UInt64
        /// The busy share, summed up over nanoseconds.
        var busy = 0.0
        var answers = 0
        var errors = 0
    }

    private let window: UInt64
    private var totals: Totals
    /// Totals as they were, from the oldest that the window needs.
    private var earlier: [Totals]
    private var busy = 0.0

    init(window: Duration, at now: MeshInstant) {
        self.window = UInt64(max(window.clampedNanoseconds, Int64(Self.parts)))
        totals = Totals(at: now.nanoseconds)
        earlier = [totals]
    }

    /// From now on this share is busy.
    mutating func setBusy(_ share: Double, at now: MeshInstant) {
        advance(to: now.nanoseconds)
        busy = share
    }

    /// A request was answered.
    mutating func answered(at now: MeshInstant) {
        advance(to: now.nanoseconds)
        totals.answers += 1
    }

    /// A request was answered with an error.
    mutating func failed(at now: MeshInstant) {
        answered(at: now)
        totals.errors += 1
    }

    /// The averages of the window; `nil` if the server has run for less than an eighth of it.
    mutating func report(at now: MeshInstant) -> LoadReport? {
        advance(to: now.nanoseconds)
        let base = earlier[0]
        guard totals.at - base.at >= window / Self.parts else { return nil }
        let nanoseconds = Double(totals.at - base.at)
        return try? LoadReport(
            applicationUtilization: max(0, (totals.busy - base.busy) / nanoseconds),
            requestsPerSecond: Double(totals.answers - base.answers) * 1e9 / nanoseconds,
            errorsPerSecond: Double(totals.errors - base.errors) * 1e9 / nanoseconds
        )
    }

    private mutating func advance(to now: UInt64) {
        totals.busy += busy * Double(now - totals.at)
        totals.at = now
        guard now - earlier[earlier.count - 1].at >= window / Self.parts else { return }
        earlier.append(totals)
        while earlier.count > 1, now - earlier[1].at >= window { earlier.removeFirst() }
    }
}

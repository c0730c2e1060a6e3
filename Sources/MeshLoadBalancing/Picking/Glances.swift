import MeshCore

/// How often a stripe looks at what the others count: every 8 us on average, and 32 times at once.
///
/// A glance costs two cores about 0.2 us each. Without a limit two threads that do nothing but pick among a thousand endpoints, of
/// which none was looked at a moment ago, would take a glance for each endpoint that they draw, and be slower than one.
struct Glances {
    private static let interval: UInt64 = 8192
    private static let burst: UInt64 = 31 * interval

    /// The nanosecond until which glances are taken.
    private var takenUntil: UInt64 = 0

    /// Whether there is one left.
    mutating func take(at now: MeshInstant) -> Bool {
        let begin = max(takenUntil, now.nanoseconds)
        guard begin &- now.nanoseconds <= Self.burst else { return false }
        takenUntil = begin &+ Self.interval
        return true
    }
}

import MeshCore

/// How often a stripe looks at what the others count: every 8 us on average, and 32 times at once.
///
/// A glance costs two cores about 0.2 us each. Without a limit two threads that do nothing but pick among a thousand endpoints, of
/// which none was looked at a moment ago, would take a glance for each endpoint that they draw, and be slower than one.
/// With it, a stripe that picks more than 60,000 times a second sees what others have in flight to one of n endpoints up to
/// n times 8 us late.
struct Glances {
    private static let interval: UInt64 = 8192
    private static let burst: UInt64 = 31 * interval

    /// The nanosecond until which glances are taken.
    private var takenUntil: UInt64 = 0

    /// Whether there is one left.
    mutating func take(at now: MeshInstant) -> Bool {
        var begin = max(takenUntil, now.nanoseconds)
        if begin &- now.nanoseconds > Self.burst {
            // Further ahead than taking gets: an instant lay ahead, or the clock was set back.
            guard begin &- now.nanoseconds > Self.burst + 1_000_000 else { return false }
            begin = now.nanoseconds
        }
        takenUntil = begin &+ Self.interval
        return true
    }
}

import MeshCore
import Synchronization

/// Watches the calls in flight for an aperture that follows them, for all threads of a balancer.
///
/// Costs one read of a word that is seldom written, but for one call in every interval, which counts what is in flight: a
/// count of all calls would be one more word that every call writes.
final class ApertureController: Sendable {
    /// A tenth of a second, or less for a band that looks at so short a time.
    private let interval: Duration
    private let dueAt = Atomic<UInt64>(0)
    private let width: Mutex<ApertureWidth>

    init(_ band: LoadBand, minimum: Int) {
        interval = min(.milliseconds(100), band.window / 10)
        width = Mutex(ApertureWidth(band, minimum: minimum))
    }

    /// Whether it is time to look. True for one caller only.
    func isDue(at now: MeshInstant) -> Bool {
        let due = dueAt.load(ordering: .relaxed)
        guard now.nanoseconds >= due else { return false }
        let next = now.advanced(by: interval).nanoseconds
        return dueAt.compareExchange(expected: due, desired: next, ordering: .relaxed).exchanged
    }

    /// How many endpoints the aperture should hold, with so many calls in flight.
    func observe(inFlight: Int, of maximum: Int, at now: MeshInstant) -> Int {
        width.withLock { $0.observe(inFlight: inFlight, of: maximum, at: now) }
    }
}

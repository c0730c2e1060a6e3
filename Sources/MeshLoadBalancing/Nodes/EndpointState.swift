import MeshCore
import Synchronization

/// What is learnt about an endpoint. Survives updates of the set as long as the address stays in it.
final class EndpointState: Sendable {
    // First what every pick reads, close together.
    /// The calls in flight, and whether the endpoint has left the set, in one word: the last call to end after the
    /// endpoint left is then known for certain, and there is exactly one.
    private let calls = Atomic<Int>(0)
    private static let removed = 1 << 62
    private let average: Atomic<UInt64>
    private let health: any EndpointHealth
    private let metric: PeakEWMA
    // Two endpoints' counters never share a cache line (or the pair of lines that is fetched at once).
    private let padding = CachePadding()

    init(health: any EndpointHealth, metric: PeakEWMA, at now: MeshInstant) {
        self.health = health
        self.metric = metric
        self.average = Atomic(metric.initial(at: now).word)
    }

    var inFlight: Int { calls.load(ordering: .relaxed) & ~Self.removed }

    /// The average latency, to be read by the metric of the balancer.
    var latency: PeakEWMA.Packed { PeakEWMA.Packed(word: average.load(ordering: .relaxed)) }

    func availability(at now: MeshInstant) -> Availability { health.availability(at: now) }

    func admit(at now: MeshInstant) -> HealthTicket? { health.admit(at: now) }

    func begin() {
        calls.wrappingAdd(1, ordering: .relaxed)
    }

    /// A call that had begun is not made after all.
    ///
    /// - Returns: Whether it was the last one to an endpoint that has left the set.
    func abandon() -> Bool {
        calls.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue == Self.removed
    }

    /// The endpoint left the set.
    ///
    /// - Returns: Whether no call is in flight to it.
    func remove() -> Bool {
        health.retire()
        return calls.bitwiseOr(Self.removed, ordering: .acquiringAndReleasing).oldValue == 0
    }

    /// A call ended.
    ///
    /// - Returns: Whether it was the last one to an endpoint that has left the set.
    func end(_ outcome: Outcome, latency: UInt64, ticket: HealthTicket, at now: MeshInstant) -> Bool {
        var old = average.load(ordering: .relaxed)
        while true {
            let new = metric.observing(outcome, latency: latency, in: PeakEWMA.Packed(word: old), at: now).word
            guard new != old else { break }
            let (exchanged, current) = average.weakCompareExchange(expected: old, desired: new, ordering: .relaxed)
            if exchanged { break }
            old = current
        }
        health.record(outcome, of: ticket, at: now)
        return abandon()
    }
}

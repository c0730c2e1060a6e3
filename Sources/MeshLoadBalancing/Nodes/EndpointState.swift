import MeshCore
import Synchronization

/// What is learnt about an endpoint. Survives updates of the set as long as the address stays in it.
final class EndpointState: Sendable {
    // First what every pick reads, close together.
    /// See ``Calls``.
    private let callCounts = Atomic<Int>(0)
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

    /// The calls in flight, those of them that wait for the head of their response, and whether the endpoint has left the
    /// set, in one word: the last call to end after the endpoint left is then known for certain, and there is exactly one.
    struct Calls {
        /// A call that waits for the head of its response.
        static let waiting = 1 << 31 | 1
        /// A call whose response is being read.
        static let reading = 1
        static let removed = 1 << 62

        let word: Int

        var inFlight: Int { word & 0x7FFF_FFFF }
        var isWaiting: Bool { word & 0x3FFF_FFFF_8000_0000 != 0 }
    }

    var calls: Calls { Calls(word: callCounts.load(ordering: .relaxed)) }

    /// The average latency, to be read by the metric of the balancer.
    var latency: PeakEWMA.Packed { PeakEWMA.Packed(word: average.load(ordering: .relaxed)) }

    func availability(at now: MeshInstant) -> Availability { health.availability(at: now) }

    func admit(at now: MeshInstant) -> HealthTicket? { health.admit(at: now) }

    func begin() {
        callCounts.wrappingAdd(Calls.waiting, ordering: .relaxed)
    }

    /// The head of a response is in; its body is not.
    func headArrived() {
        callCounts.wrappingSubtract(Calls.waiting - Calls.reading, ordering: .relaxed)
    }

    /// A call that had begun is not made after all.
    ///
    /// - Returns: Whether it was the last one to an endpoint that has left the set.
    func abandon() -> Bool { end(Calls.waiting) }

    /// The endpoint left the set.
    ///
    /// - Returns: Whether no call is in flight to it.
    func remove() -> Bool {
        health.retire()
        return callCounts.bitwiseOr(Calls.removed, ordering: .acquiringAndReleasing).oldValue == 0
    }

    /// A call ended.
    ///
    /// - Parameter headLatency: When its head arrived, if ``headArrived()`` was called.
    /// - Returns: Whether it was the last one to an endpoint that has left the set.
    func end(
        _ outcome: Outcome,
        startedAt: MeshInstant,
        headLatency: UInt64?,
        ticket: HealthTicket,
        at now: MeshInstant
    ) -> Bool {
        let latency = headLatency ?? now.nanoseconds(since: startedAt)
        var old = average.load(ordering: .relaxed)
        while true {
            let new = metric.observing(outcome, latency: latency, in: PeakEWMA.Packed(word: old), at: now).word
            guard new != old else { break }
            let (exchanged, current) = average.weakCompareExchange(expected: old, desired: new, ordering: .relaxed)
            if exchanged { break }
            old = current
        }
        health.record(outcome, of: ticket, at: now)
        return end(headLatency == nil ? Calls.waiting : Calls.reading)
    }

    private func end(_ call: Int) -> Bool {
        callCounts.wrappingSubtract(call, ordering: .acquiringAndReleasing).newValue == Calls.removed
    }
}

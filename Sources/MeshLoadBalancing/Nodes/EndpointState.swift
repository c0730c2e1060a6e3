import MeshCore
import Synchronization

/// What is learnt about an endpoint. Survives updates of the set as long as the address stays in it.
///
/// Every pick reads it and few calls write to it: the average changes when a call was slower than the average, or about a
/// millisecond has passed (an 8,192nd of the decay). What every call writes is in the ``CallCount`` of its node.
final class EndpointState: Sendable {
    private let average: Atomic<UInt64>
    /// Calls in flight under descriptions of the endpoint that are no longer in force.
    private let earlierCalls = Atomic<UInt64>(0)
    private let health: any EndpointHealth
    /// When its slow start began, in nanoseconds.
    private let slowStart: Atomic<UInt64>
    /// What it reports of its load; `nil` where nobody wants to know.
    let reported: ReportedLoad?
    /// What the endpoint is known by to those who cannot hold it.
    let number: UInt32
    /// Its address in text, if the policy hashes that: made once, because it costs more than the hash.
    let name: String
    /// Its place in the order in which subsetting takes endpoints: the hash of its address.
    let rank: UInt64
    /// How many descriptions are in force or have calls in flight, and whether the endpoint has left the set: the end of
    /// the last call is then known for certain, and seen exactly once.
    private let descriptions = Atomic<Int>(0)

    private static let removed = 1 << 62

    init(
        health: any EndpointHealth,
        latency: PeakEWMA.Packed,
        reported: ReportedLoad? = nil,
        number: UInt32 = 0,
        name: String = "",
        rank: UInt64 = 0,
        at now: MeshInstant
    ) {
        self.health = health
        self.reported = reported
        self.number = number
        self.name = name
        self.rank = rank
        self.slowStart = Atomic(now.nanoseconds)
        self.average = Atomic(latency.word)
    }

    /// The average latency, to be read by the metric of the balancer.
    var latency: PeakEWMA.Packed { PeakEWMA.Packed(word: average.load(ordering: .relaxed)) }

    var earlier: UInt64 { earlierCalls.load(ordering: .relaxed) }

    func availability(at now: MeshInstant) -> Availability { health.availability(at: now) }

    func admit(at now: MeshInstant) -> HealthTicket? { health.admit(at: now) }

    func record(_ outcome: Outcome, of ticket: HealthTicket, at now: MeshInstant) {
        // The success of a probe whose place another has taken re-admits nobody.
        let mayBeReadmitted =
            ticket.isProbe && outcome.verdict == .success && health.availability(at: now) != .available
        health.record(outcome, of: ticket, at: now)
        guard mayBeReadmitted, health.availability(at: now) == .available else { return }
        // It begins again.
        slowStart.store(now.nanoseconds, ordering: .relaxed)
        reported?.reset()
    }

    /// What its weight is multiplied with while it starts.
    func factor(_ rule: SlowStart, at now: MeshInstant) -> Float {
        rule.factor(since: MeshInstant(nanoseconds: slowStart.load(ordering: .relaxed)), at: now)
    }

    /// The endpoint is described anew.
    func update(_ endpoint: Endpoint) { health.update(endpoint) }

    /// A call ended, or its head came, after this time.
    func learn(_ outcome: Outcome, latency: UInt64, by metric: PeakEWMA, at now: MeshInstant) {
        var old = average.load(ordering: .relaxed)
        while true {
            let new = metric.observing(outcome, latency: latency, in: PeakEWMA.Packed(word: old), at: now).word
            guard new != old else { break }
            let (exchanged, current) = average.weakCompareExchange(expected: old, desired: new, ordering: .relaxed)
            if exchanged { break }
            old = current
        }
    }

    /// Calls under a description that is no longer in force: some at first, then fewer.
    func changeEarlierCalls(by word: UInt64) {
        earlierCalls.wrappingAdd(word, ordering: .relaxed)
    }

    /// A description comes into force. Before the one that it replaces goes.
    func descriptionCame() {
        descriptions.wrappingAdd(1, ordering: .relaxed)
    }

    /// A description is out of force, and its last call has ended.
    ///
    /// - Returns: Whether that was the last call to an endpoint that has left the set.
    func descriptionWent() -> Bool {
        descriptions.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue == Self.removed
    }

    /// The endpoint left the set. Before its description goes.
    func remove() {
        health.retire()
        descriptions.bitwiseOr(Self.removed, ordering: .relaxed)
    }
}

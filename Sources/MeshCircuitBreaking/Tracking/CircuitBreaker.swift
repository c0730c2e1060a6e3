public import MeshCore
import Synchronization

/// The circuit breaker of one endpoint. Made by ``CircuitBreakers/track(_:)``.
///
/// The rules are those of ``BreakerState``; this adds a lock around them, and two things beside it that need no lock: one
/// word that answers ``availability(at:)`` and the ordinary ``admit(at:)``, and a count for each stripe of the successes
/// that change nothing else.
public final class CircuitBreaker: EndpointHealth {
    /// The part of the state that every pick reads.
    private struct Face {
        let word: UInt64

        /// Even: closed, in this epoch. Odd: open until this instant.
        init(_ state: borrowing BreakerState) {
            switch state.phase {
            case .closed: word = Self.closed(epoch: state.epoch)
            case .open(let until): word = Self.open(until: until)
            case .halfOpen(_, let leaseEnds): word = Self.open(until: leaseEnds)
            }
        }

        static func closed(epoch: UInt64) -> UInt64 { epoch << 1 }

        static func open(until: MeshInstant) -> UInt64 { min(until.nanoseconds, .max >> 1) << 1 | 1 }

        static func isOpen(_ word: UInt64) -> Bool { word & 1 == 1 }

        static func mayProbe(_ word: UInt64, at now: MeshInstant) -> Bool { now.nanoseconds >= word >> 1 }
    }

    private struct Guarded {
        var state: BreakerState
        /// Whether the endpoint takes calls, and so has a place in the quota.
        var counts: Bool
        var isRetired = false
    }

    /// Draws from the shared source only when a number is needed: most results need none.
    private struct Draws: RandomNumberGenerator {
        let source: RandomSource

        mutating func next() -> UInt64 { source.next() }
    }

    /// The endpoint that is watched.
    public let address: Address

    private let tracker: CircuitBreakers
    private let isEnabled: Bool
    private let face: Atomic<UInt64>
    private let successes: SuccessTally
    private let guarded: Mutex<Guarded>

    init(_ endpoint: Endpoint, of tracker: CircuitBreakers) {
        let state = tracker.beginning
        self.address = endpoint.address
        self.tracker = tracker
        isEnabled = tracker.policy.isEnabled
        face = Atomic(Face(state).word)
        successes = SuccessTally(tracker.words.take())
        guarded = Mutex(Guarded(state: state, counts: endpoint.takesCalls))
        if endpoint.takesCalls { tracker.quota.add(.available) }
    }

    deinit {
        retire()
    }

    /// Whether the endpoint may be asked, and since when or until when not.
    public var phase: BreakerState.Phase { guarded.withLock { $0.state.phase } }

    /// Whether the endpoint may be asked at `now`. One atomic load.
    public func availability(at now: MeshInstant) -> Availability {
        let word = face.load(ordering: .relaxed)
        guard Face.isOpen(word) else { return .available }
        return Face.mayProbe(word, at: now) ? .probe : .unavailable
    }

    /// Gives the right to call. One atomic load, unless the time for a probe has come.
    ///
    /// Exactly one call at a time holds the probe. It loses it after ``CircuitBreakerPolicy/probeTimeout``.
    public func admit(at now: MeshInstant) -> HealthTicket? {
        let word = face.load(ordering: .relaxed)
        guard Face.isOpen(word) else { return HealthTicket(epoch: word >> 1) }
        guard Face.mayProbe(word, at: now) else { return nil }
        let ticket: HealthTicket? = guarded.withLock { guarded in
            guard !guarded.isRetired else { return nil }
            let ticket = guarded.state.admit(at: now, under: tracker.policy)
            face.store(Face(guarded.state).word, ordering: .relaxed)
            return ticket
        }
        if let ticket, ticket.isProbe { tracker.report(.probing, of: address) }
        return ticket
    }

    /// The call with this ticket ended.
    ///
    /// A success of a healthy endpoint costs an uncontended compare-and-swap. A failure, a probe, and the first success in
    /// each bucket of the window and behind a failure take the lock.
    public func record(_ outcome: Outcome, of ticket: HealthTicket, at now: MeshInstant) {
        guard isEnabled else { return }
        if !ticket.isProbe {
            guard outcome.verdict != .inconclusive else { return }
            let pass = outcome.verdict == .success ? successes.pass(at: now) : nil
            guard face.load(ordering: .acquiring) == Face.closed(epoch: ticket.epoch) else { return }
            if let pass, successes.count(with: pass) { return }
        }
        let transition: BreakerTransition? = guarded.withLock { guarded in
            guard !guarded.isRetired else { return nil }
            guarded.state.addSuccesses(successes.collect())
            var draws = Draws(source: tracker.random)
            let counts = guarded.counts
            let transition = guarded.state.record(
                outcome,
                of: ticket,
                at: now,
                under: tracker.policy,
                using: &draws,
                reserving: { !counts || tracker.quota.reserve() }
            )
            if transition == .readmitted, counts { tracker.quota.release() }
            if transition != nil || ticket.isProbe { face.store(Face(guarded.state).word, ordering: .releasing) }
            if let end = guarded.state.countsSuccessesUntil { successes.open(until: end) }
            return transition
        }
        if let transition { tracker.report(transition, of: address) }
    }

    /// The endpoint is described anew: while its weight is 0 it has no place among the tracked and the ejected.
    ///
    /// What is known about it stays. With a weight again it may take the ejected above the cap.
    public func update(_ endpoint: Endpoint) {
        guarded.withLock { guarded in
            guard !guarded.isRetired, guarded.counts != endpoint.takesCalls else { return }
            guarded.counts = endpoint.takesCalls
            let standing = EjectionQuota.Standing(of: guarded.state)
            if guarded.counts { tracker.quota.add(standing) } else { tracker.quota.remove(standing) }
        }
    }

    /// The endpoint left its set: its place among the ejected is free, and what its calls end with no longer counts.
    ///
    /// Does nothing the second time. A breaker that is dropped retires by itself.
    public func retire() {
        guarded.withLock { guarded in
            guard !guarded.isRetired else { return }
            guarded.isRetired = true
            if guarded.counts { tracker.quota.remove(EjectionQuota.Standing(of: guarded.state)) }
            // Whoever still holds the breaker must not wait for a probe that will not be given.
            if guarded.state.isEjected { face.store(Face.open(until: .distantFuture), ordering: .relaxed) }
        }
    }
}

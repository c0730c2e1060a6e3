public import MeshCore

/// What a breaker knows about one endpoint, and the rules by which that changes: no clock, no lock, no waiting.
///
/// ```
///            too many failures                     its time is up, a call takes the probe
///   closed ---------------------> open(until) <----------------------------------------> halfOpen(probe)
///      ^                             ^            the probe ended without a verdict         |  |
///      |                             |            the probe failed: longer than before      |  |
///      |                             +------------------------------------------------------+  |
///      +---------------------------------------------------------------------------------------+
///                                                 the probe succeeded
/// ```
///
/// A probe is leased, not flagged. Its number is in the ticket, so that whoever holds the ticket, and nobody else,
/// can end it; a lease that nobody ends runs out, and its number with it.
public struct BreakerState: Hashable, Sendable {
    /// Whether the endpoint may be asked.
    public enum Phase: Hashable, Sendable {
        /// Yes.
        case closed
        /// Not before this instant; then by one call, as a probe.
        case open(until: MeshInstant)
        /// By nobody but the call that holds the probe of this number, until its lease runs out.
        case halfOpen(probe: UInt64, leaseEnds: MeshInstant)
    }

    /// Whether the endpoint may be asked.
    public private(set) var phase = Phase.closed
    /// How often the endpoint was ejected while closed. What tickets carry.
    public private(set) var epoch: UInt64 = 0

    private var consecutiveFailures = 0
    private var window: SlidingWindow?
    private var lastProbe: UInt64 = 0
    /// How many steps the ejection time has grown.
    private var step = 0
    private var lastWait: Duration?
    private var readmittedAt = MeshInstant.zero
    private var nextSuppressionReport = MeshInstant.zero

    /// Creates the state of an endpoint about which nothing is known.
    public init(_ policy: CircuitBreakerPolicy) {
        window = policy.successRate == nil ? nil : SlidingWindow(policy.window, buckets: policy.windowBuckets)
    }

    /// Whether the endpoint is out of the rotation, be it waiting or being probed.
    public var isEjected: Bool { phase != .closed }

    /// Whether the endpoint may be asked at `now`.
    public func availability(at now: MeshInstant) -> Availability {
        switch phase {
        case .closed: .available
        case .open(let until): now >= until ? .probe : .unavailable
        case .halfOpen(_, let leaseEnds): now >= leaseEnds ? .probe : .unavailable
        }
    }

    /// Gives the right to call: an ordinary one while closed, the one probe when its time has come, otherwise `nil`.
    public mutating func admit(at now: MeshInstant, under policy: CircuitBreakerPolicy) -> HealthTicket? {
        switch availability(at: now) {
        case .available:
            return HealthTicket(epoch: epoch)
        case .unavailable:
            return nil
        case .probe:
            lastProbe += 1
            phase = .halfOpen(probe: lastProbe, leaseEnds: now.advanced(by: policy.probeTimeout))
            return HealthTicket(probe: lastProbe, epoch: epoch)
        }
    }

    /// Until when the success of an ordinary call changes nothing but a count, so that whoever holds the state may count
    /// it elsewhere and bring it with ``addSuccesses(_:)``; `nil` if it changes more.
    var countsSuccessesUntil: MeshInstant? {
        guard phase == .closed, consecutiveFailures == 0 else { return nil }
        return window?.bucketEnd ?? .distantFuture
    }

    /// Takes in successes that were counted elsewhere, before anything else happens to the state.
    mutating func addSuccesses(_ count: Int) {
        window?.addSuccesses(count)
    }

    /// Takes in the result of the call with this ticket.
    ///
    /// A result is ignored if its ticket is out of date: a call that began before an ejection, a probe whose lease ran
    /// out and was given to another. `Outcome.retryAfter` lengthens an ejection, up to the policy's maximum.
    ///
    /// - Parameters:
    ///   - outcome: What the call ended with.
    ///   - ticket: What it was admitted with.
    ///   - now: The current instant.
    ///   - policy: The policy of the service.
    ///   - random: Where the jitter of an ejection comes from.
    ///   - reserve: Asked, once, before a closed breaker opens: whether one more endpoint may be ejected.
    /// - Returns: What changed; `nil` if nothing did. ``BreakerTransition/readmitted`` gives back what `reserve` took.
    /// - Complexity: O(1), apart from the buckets that have grown old.
    public mutating func record(
        _ outcome: Outcome,
        of ticket: HealthTicket,
        at now: MeshInstant,
        under policy: CircuitBreakerPolicy,
        using random: inout some RandomNumberGenerator,
        reserving reserve: () -> Bool
    ) -> BreakerTransition? {
        switch phase {
        case .closed:
            guard !ticket.isProbe, ticket.epoch == epoch else { return nil }
            guard let reason = count(outcome.verdict, at: now, under: policy) else { return nil }
            guard reserve() else { return suppress(reason, at: now, under: policy) }
            if now >= readmittedAt.advanced(by: policy.recovery) {
                step = 0
                lastWait = nil
            }
            epoch += 1
            step += 1
            return eject(outcome, reason, at: now, under: policy, using: &random)
        case .open:
            return nil
        case .halfOpen(let probe, _):
            guard ticket.probe == probe else { return nil }
            switch outcome.verdict {
            case .success:
                readmit(at: now)
                return .readmitted
            case .failure:
                step += 1
                return eject(outcome, .probeFailed, at: now, under: policy, using: &random)
            case .overloaded:
                // It answers, so it is no worse than before: the step stays. But more load is the last thing it needs.
                return eject(outcome, .probeOverloaded, at: now, under: policy, using: &random)
            case .inconclusive:
                phase = .open(until: now)
                return nil
            }
        }
    }
}

extension BreakerState {
    /// Counts a result; the reason to eject if it is one too many.
    private mutating func count(
        _ verdict: Outcome.Verdict,
        at now: MeshInstant,
        under policy: CircuitBreakerPolicy
    ) -> EjectionReason? {
        switch verdict {
        case .success:
            consecutiveFailures = 0
            window?.recordSuccess(at: now)
            return nil
        case .inconclusive:
            return nil
        case .failure:
            // Saturates, because it goes on growing while no endpoint may be ejected.
            if consecutiveFailures < .max { consecutiveFailures += 1 }
            window?.recordFailure(at: now)
            if let limit = policy.consecutiveFailures, consecutiveFailures >= limit {
                return .consecutiveFailures(consecutiveFailures)
            }
        case .overloaded:
            window?.recordFailure(at: now)
        }
        guard let window, let rate = policy.successRate, window.total >= policy.minimumVolume else { return nil }
        // In integers: 16 of 20 are exactly 0.8, and so not below it.
        guard rate.exceeds(window.successes, of: window.total) else { return nil }
        return .successRate(successes: window.successes, of: window.total)
    }

    private mutating func suppress(
        _ reason: EjectionReason,
        at now: MeshInstant,
        under policy: CircuitBreakerPolicy
    ) -> BreakerTransition? {
        guard now >= nextSuppressionReport else { return nil }
        nextSuppressionReport = now.advanced(by: policy.ejection.base)
        return .ejectionSuppressed(reason)
    }

    private mutating func eject(
        _ outcome: Outcome,
        _ reason: EjectionReason,
        at now: MeshInstant,
        under policy: CircuitBreakerPolicy,
        using random: inout some RandomNumberGenerator
    ) -> BreakerTransition {
        let drawn = policy.ejection.wait(beforeRetry: step, after: lastWait, using: &random)
        lastWait = drawn
        let duration = max(drawn, min(outcome.retryAfter ?? .zero, policy.ejection.maximum))
        phase = .open(until: now.advanced(by: duration))
        return .ejected(for: duration, reason: reason)
    }

    private mutating func readmit(at now: MeshInstant) {
        phase = .closed
        consecutiveFailures = 0
        window?.removeAll()
        readmittedAt = now
        nextSuppressionReport = .zero
    }
}

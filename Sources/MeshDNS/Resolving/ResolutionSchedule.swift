import MeshCore

/// When to ask again.
///
/// After an answer: at 90 to 100 % of the shortest lifetime in it, so that a thousand processes that started together
/// drift apart, and never sooner than the floor after the last time. After a failure: by backoff. After a doubt: at once,
/// or as soon as the refresh interval since the last time is over.
struct ResolutionSchedule: Sendable {
    private let policy: DNSPolicy
    /// When to ask next.
    private(set) var due = MeshInstant.zero
    /// Whether the answer that is in force is doubted.
    private(set) var isDoubted = false
    private var lastEnd: MeshInstant?
    private var failures = 0

    init(policy: DNSPolicy) {
        self.policy = policy
    }

    /// How old an answer from the cache may be when it is asked for now.
    var freshness: Freshness {
        if isDoubted { return .fromServer }
        return lastEnd == nil ? .unexpired : .comfortable
    }

    /// There is an answer made of parts with these lifetimes. `isPartial` if some other part could not be asked for.
    mutating func succeeded(
        _ parts: [Part],
        completeness: Completeness,
        at now: MeshInstant,
        random: inout some RandomNumberGenerator
    ) {
        let share = Int64.random(in: 0...1_000_000, using: &random)
        // An answer of which nobody says how long it holds is asked for again at the floor.
        let dues = parts.map { due(of: $0, share: share) }
        let floor = now.advanced(by: policy.shortestLifetime)
        due = max(dues.min() ?? floor.advanced(by: policy.shortestLifetime / 10 * share / 1_000_000), floor)
        switch completeness {
        case .whole: failures = 0
        case .partial: due = min(due, max(nextRetry(at: now, random: &random), floor))
        }
        end(at: now)
    }

    /// There is no answer.
    mutating func failed(at now: MeshInstant, random: inout some RandomNumberGenerator) {
        due = nextRetry(at: now, random: &random)
        end(at: now)
    }

    /// The answer in force is doubted.
    mutating func doubt(at now: MeshInstant) {
        isDoubted = true
        guard let lastEnd else { return }
        due = min(due, max(now, lastEnd.advanced(by: policy.refreshInterval)))
    }

    private mutating func end(at now: MeshInstant) {
        lastEnd = now
        isDoubted = false
    }

    private mutating func nextRetry(at now: MeshInstant, random: inout some RandomNumberGenerator) -> MeshInstant {
        failures += 1
        return now.advanced(by: policy.backoff.wait(beforeRetry: failures, using: &random))
    }

    /// At 90 to 100 % of the lifetime; where that is at the floor, at 100 to 110 %, so that there is jitter, too.
    private func due(of part: Part, share: Int64) -> MeshInstant {
        let lowest = max(part.lifetime * 9 / 10, policy.shortestLifetime)
        let highest = max(part.lifetime, policy.shortestLifetime * 11 / 10)
        let spread = (highest - lowest).clampedNanoseconds
        let drawn = Int64(Double(spread) * Double(share) / 1_000_000)
        return part.since.advanced(by: lowest + .nanoseconds(drawn))
    }

    /// A part of an answer, and how long it may be used.
    struct Part: Hashable, Sendable {
        var since: MeshInstant
        var lifetime: Duration
    }

    /// Whether all that was asked for is there.
    enum Completeness: Hashable, Sendable {
        case whole
        case partial
    }
}

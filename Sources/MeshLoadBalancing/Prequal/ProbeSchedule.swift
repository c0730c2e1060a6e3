import MeshCore

/// When to probe, and whom: so many endpoints for each call, drawn evenly and without repetition, and some after a pause.
///
/// The destinations are indexes into the endpoints of the moment. Allocates nothing once it has been made.
struct ProbeSchedule: Sendable {
    private let policy: Prequal
    private var rate: FractionalRate
    private var lastProbes: MeshInstant?

    /// Whom to probe, as of the last call of ``call(among:at:using:)`` or ``pause(among:at:using:)``.
    private(set) var destinations: ContiguousArray<Int> = []

    init(_ policy: Prequal) {
        self.policy = policy
        rate = FractionalRate(policy.probeRate)
        destinations.reserveCapacity(max(Int(policy.probeRate.rounded(.up)), policy.minimumPoolSize))
    }

    /// Whom to probe for a call: ``Prequal/probeRate`` endpoints on average, all of them if there are fewer, and nobody if
    /// there is only one.
    mutating func call(among count: Int, at now: MeshInstant, using random: inout SplitMix64) {
        draw(rate.next(), among: count, at: now, using: &random)
    }

    /// Whom to probe if there is a pause: enough for a choice if ``nextPause`` has come, nobody otherwise.
    mutating func pause(among count: Int, at now: MeshInstant, using random: inout SplitMix64) {
        guard let nextPause, nextPause <= now else { return destinations.removeAll(keepingCapacity: true) }
        draw(max(Int(policy.probeRate.rounded(.up)), policy.minimumPoolSize), among: count, at: now, using: &random)
        // One endpoint is not probed, but its pause has been seen to.
        lastProbes = now
    }

    /// When to look after a pause: ``Prequal/idleProbeInterval`` after the last probes, at once if there have been none;
    /// `nil` if never.
    var nextPause: MeshInstant? {
        guard let interval = policy.idleProbeInterval else { return nil }
        return lastProbes?.advanced(by: interval) ?? .zero
    }

    /// R. W. Floyd's algorithm (Bentley, "Programming Pearls: A Sample of Brilliance", CACM 30(9), 1987): one draw for each
    /// destination, whatever the number of endpoints.
    private mutating func draw(_ probes: Int, among count: Int, at now: MeshInstant, using random: inout SplitMix64) {
        destinations.removeAll(keepingCapacity: true)
        guard count > 1, probes > 0 else { return }
        lastProbes = now
        for bound in max(count - probes, 0)..<count {
            let drawn = Int(truncatingIfNeeded: random.next().multipliedFullWidth(by: UInt64(bound + 1)).high)
            destinations.append(destinations.contains(drawn) ? bound : drawn)
        }
    }
}

import MeshCore
import Synchronization

/// Prequal as one balancer runs it: the pool of answers, and whom to ask, for all threads.
///
/// One lock for all stripes, because answers are few and all calls choose by the same ones. Held for a look at the pool.
final class PrequalPicking: Sendable {
    private struct State {
        var pool: ProbePool
        var schedule: ProbeSchedule
        var random: SplitMix64
    }

    let policy: Prequal
    private let state: Mutex<State>

    init(_ policy: Prequal, random: SplitMix64) {
        self.policy = policy
        state = Mutex(State(pool: ProbePool(policy), schedule: ProbeSchedule(policy), random: random))
    }

    /// The member that the answers speak for, and the members to be probed after this call.
    func choose(
        from group: EndpointGroup,
        at now: MeshInstant,
        where isCandidate: (Int) -> Bool
    ) -> (index: Int?, probes: ContiguousArray<Int>) {
        state.withLock { state in
            let number = state.pool.choose(at: now) { number in
                group.index(ofNumber: number).map(isCandidate) ?? false
            }
            state.schedule.call(among: group.members.count, at: now, using: &state.random)
            return (number.flatMap { group.index(ofNumber: $0) }, state.schedule.destinations)
        }
    }

    /// Whom to probe because there were no calls for a while.
    func pause(among count: Int, at now: MeshInstant) -> ContiguousArray<Int> {
        state.withLock { state in
            state.schedule.pause(among: count, at: now, using: &state.random)
            return state.schedule.destinations
        }
    }

    /// When to look after a pause.
    var nextPause: MeshInstant? { state.withLock { $0.schedule.nextPause } }

    func record(_ response: ProbeResponse, from number: UInt32, among count: Int, at now: MeshInstant) {
        state.withLock { $0.pool.insert(response, from: number, among: count, at: now, using: &$0.random) }
    }

    func record(_ verdict: Outcome.Verdict, of number: UInt32, at now: MeshInstant) {
        state.withLock { $0.pool.record(verdict, of: number, at: now) }
    }

    func retain(_ numbers: Set<UInt32>) {
        state.withLock { $0.pool.retain { numbers.contains($0) } }
    }
}

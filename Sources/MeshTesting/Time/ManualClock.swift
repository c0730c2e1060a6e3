public import MeshCore
import Synchronization

/// A clock that moves only when a test moves it.
///
/// ```swift
/// let time = ManualClock()
/// let wheel = DeadlineWheel(clock: time.clock)
/// …
/// time.advance(by: .seconds(1))
/// ```
///
/// Time passes in steps from sleeper to sleeper: each is woken at the instant it asked for, in order.
public final class ManualClock: Sendable {
    private typealias Sleeper = CheckedContinuation<Void, any Error>

    private struct Watcher {
        let count: Int
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var now: MeshInstant
        var nextID: UInt64 = 0
        var sleepers = WakeUpQueue<MeshInstant, Sleeper>()
        var watchers: [Watcher] = []

        mutating func satisfiedWatchers() -> [Watcher] {
            let count = sleepers.count
            let satisfied = watchers.filter { $0.count <= count }
            watchers.removeAll { $0.count <= count }
            return satisfied
        }
    }

    private let state: Mutex<State>

    /// Creates a clock that stands at `start`: an hour after its epoch, unless said otherwise.
    public init(at start: MeshInstant = MeshInstant(nanoseconds: 3_600_000_000_000)) {
        state = Mutex(State(now: start))
    }

    /// The clock to hand to the code under test.
    public var clock: MeshClock {
        MeshClock(
            MeshClock.Source(
                now: { self.now },
                sleep: { try await self.sleep(until: $0) }
            )
        )
    }

    /// The current instant.
    public var now: MeshInstant { state.withLock { $0.now } }

    /// How many tasks sleep on this clock.
    public var sleeperCount: Int { state.withLock { $0.sleepers.count } }

    /// The instant at which the next sleeper wakes.
    public var nextWakeUp: MeshInstant? { state.withLock { $0.sleepers.next } }

    /// Lets time pass, waking sleepers on the way.
    public func advance(by duration: Duration) {
        advance(to: now.advanced(by: duration))
    }

    /// Lets time pass until `instant`, waking sleepers on the way. Does nothing if it lies in the past.
    public func advance(to instant: MeshInstant) {
        while true {
            let woken: Sleeper? = state.withLock { state in
                guard let (deadline, sleeper) = state.sleepers.popFirst(upTo: instant) else {
                    state.now = max(state.now, instant)
                    return nil
                }
                state.now = max(state.now, deadline)
                return sleeper
            }
            guard let woken else { return }
            woken.resume()
        }
    }

    /// Returns once at least `count` tasks sleep on this clock: the way to know that the code under test has got to
    /// where it waits.
    public func sleepers(atLeast count: Int = 1) async {
        await withCheckedContinuation { continuation in
            let satisfied = state.withLock { state in
                state.watchers.append(Watcher(count: count, continuation: continuation))
                return state.satisfiedWatchers()
            }
            for watcher in satisfied { watcher.continuation.resume() }
        }
    }

    private func sleep(until deadline: MeshInstant) async throws {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                enum Verdict { case due, cancelled, asleep([Watcher]) }
                let verdict: Verdict = state.withLock { state in
                    if Task.isCancelled { return .cancelled }
                    if deadline <= state.now { return .due }
                    state.sleepers.insert(continuation, id: id, at: deadline)
                    return .asleep(state.satisfiedWatchers())
                }
                switch verdict {
                case .due: continuation.resume()
                case .cancelled: continuation.resume(throwing: CancellationError())
                case .asleep(let watchers): for watcher in watchers { watcher.continuation.resume() }
                }
            }
        } onCancel: {
            state.withLock { $0.sleepers.remove(id) }?.resume(throwing: CancellationError())
        }
    }
}

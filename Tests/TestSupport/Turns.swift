import Synchronization

/// A semaphore that is waited for without blocking a thread.
public final class Turns: Sendable {
    /// What the machine can serve at once: see ``TakesTurns``.
    public static let ofTheMachine = Turns(3)

    private struct State {
        var free: Int
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Mutex<State>

    /// Lets `count` operations run at once.
    public init(_ count: Int) {
        state = Mutex(State(free: count))
    }

    /// Runs `operation` when its turn has come.
    @concurrent
    public func take(_ operation: @concurrent @Sendable () async throws -> Void) async throws {
        await wait()
        defer { giveBack() }
        try await operation()
    }

    private func wait() async {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                guard state.free > 0 else {
                    state.waiters.append(continuation)
                    return false
                }
                state.free -= 1
                return true
            }
            if isFree { continuation.resume() }
        }
    }

    private func giveBack() {
        let next: CheckedContinuation<Void, Never>? = state.withLock { state in
            guard !state.waiters.isEmpty else {
                state.free += 1
                return nil
            }
            return state.waiters.removeFirst()
        }
        next?.resume()
    }
}

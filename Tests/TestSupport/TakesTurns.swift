import Synchronization
public import Testing

/// Tests that use sockets, programs or the clock of the machine, or that keep a processor busy, take turns: no more than
/// three run at once, whatever the runner starts. All of them at once, on two cores, would take the time away that each needs.
public struct TakesTurns: SuiteTrait, TestTrait, TestScoping {
    /// Holds for every test of a suite.
    public var isRecursive: Bool { true }

    /// Waits for a turn, and gives it back.
    @concurrent
    public func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        guard testCase != nil else { return try await function() }
        await Self.turns.take()
        defer { Self.turns.giveBack() }
        try await function()
    }

    private static let turns = Turns(3)
}

extension Trait where Self == TakesTurns {
    /// The test takes turns with all others that do.
    public static var takesTurns: Self { TakesTurns() }
}

private final class Turns: Sendable {
    private struct State {
        var free: Int
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Mutex<State>

    init(_ count: Int) {
        state = Mutex(State(free: count))
    }

    func take() async {
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

    func giveBack() {
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

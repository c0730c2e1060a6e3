#if Transport
import Synchronization
import Testing

/// Lets the suites that have it run one after the other, and the tests of each too.
///
/// They share two event loops with their own servers, and some measure time or open hundreds of connections: at once they
/// would measure each other.
struct OneAtATime: SuiteTrait, TestScoping {
    private static let turns = Turns()

    func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        await Self.turns.begin()
        defer { Self.turns.end() }
        try await function()
    }
}

extension Trait where Self == OneAtATime {
    static var oneAtATime: Self { Self() }
}

/// A lock that is waited for without blocking a thread.
private final class Turns: Sendable {
    private struct State {
        var isTaken = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    func begin() async {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                if state.isTaken {
                    state.waiting.append(continuation)
                    return false
                }
                state.isTaken = true
                return true
            }
            if isFree { continuation.resume() }
        }
    }

    func end() {
        let next = state.withLock { state in
            state.isTaken = !state.waiting.isEmpty
            return state.waiting.isEmpty ? nil : state.waiting.removeFirst()
        }
        next?.resume()
    }
}
#endif

public import Testing

/// Tests that use sockets, programs or the clock of the machine, or that keep a processor busy, take turns: no more than
/// three run at once, whatever the runner starts. All of them at once, on two cores, would take the time away that each needs.
///
/// Not together with a time limit, which would count the wait for a turn.
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
        try await Turns.ofTheMachine.take(function)
    }
}

extension Trait where Self == TakesTurns {
    /// The test takes turns with all others that do.
    public static var takesTurns: Self { TakesTurns() }
}

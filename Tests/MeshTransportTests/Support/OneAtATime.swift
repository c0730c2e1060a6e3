#if Transport
import TestSupport
import Testing

/// Lets the suites that have it run one after the other, and the tests of each too; together they take one turn of the machine.
///
/// They share two event loops with their own servers, and some measure time or open hundreds of connections: at once they
/// would measure each other.
struct OneAtATime: SuiteTrait, TestScoping {
    private static let suites = Turns(1)

    func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        try await Self.suites.take { try await Turns.ofTheMachine.take(function) }
    }
}

extension Trait where Self == OneAtATime {
    static var oneAtATime: Self { Self() }
}
#endif

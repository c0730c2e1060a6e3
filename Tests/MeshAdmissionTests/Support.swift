import MeshAdmission
import MeshCore
import MeshTesting
import Synchronization
import Testing

/// Lets other tasks run until `condition` holds. Never sleeps; fails the test instead of hanging it.
func settled(
    _ what: Comment,
    sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () -> Bool
) async {
    for _ in 0..<1_000_000 {
        if condition() { return }
        await Task.yield()
    }
    Issue.record("never: \(what)", sourceLocation: sourceLocation)
}

extension ManualClock {
    /// Moves to the next wake-up, and returns whether there was one.
    @discardableResult
    func step() -> Bool {
        guard let next = nextWakeUp else { return false }
        advance(to: next)
        return true
    }
}

import MeshCore
import MeshTesting

extension ManualClock {
    /// Lets pauses of up to half a second pass while `body` runs: backoffs, and the rounds of a mesh that drains, but no
    /// timeout of a call.
    func skippingPauses<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        let ticker = Task {
            while !Task.isCancelled {
                if let next = nextWakeUp, now.duration(to: next) < .milliseconds(500) { advance(to: next) }
                await Task.yield()
            }
        }
        defer { ticker.cancel() }
        return try await body()
    }
}

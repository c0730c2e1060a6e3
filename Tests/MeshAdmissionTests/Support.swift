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

/// A response whose body a test ends.
struct StreamedResponse: CallResponse {
    static var isStreaming: Bool { true }

    final class Body: Sendable {
        private let actions = Mutex<[@Sendable (ResponseEnd) -> Void]>([])

        func onEnd(_ action: @escaping @Sendable (ResponseEnd) -> Void) {
            actions.withLock { $0.append(action) }
        }

        func end(_ end: ResponseEnd) {
            let taken = actions.withLock { actions in
                defer { actions = [] }
                return actions
            }
            for action in taken { action(end) }
        }

        deinit { end(.dropped) }
    }

    let body = Body()

    mutating func onEnd(_ action: @escaping @Sendable (ResponseEnd) -> Void) { body.onEnd(action) }
}

/// A transport that is a function.
struct FunctionTransport<Response: CallResponse>: Transport {
    let body: @Sendable (String, Endpoint, CallContext) async throws -> Response

    func send(_ request: String, to endpoint: Endpoint, context: CallContext) async throws -> Response {
        try await body(request, endpoint, context)
    }
}

struct Broken: Error {}

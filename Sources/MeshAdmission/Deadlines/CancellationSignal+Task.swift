public import MeshCore
import Synchronization

extension CancellationSignal {
    /// Runs `operation` so that it is stopped when the signal is given: for a transport that can only be stopped by
    /// cancelling its task.
    ///
    /// Costs a task, about 1 us. Waits for `operation` to end, so it must honour cancellation.
    ///
    /// - Parameters:
    ///   - executor: Where the task runs: that of the clock by which `operation` waits, if there is one.
    ///   - operation: What is run.
    /// - Throws: What `operation` throws; the reason, if the signal was given and `operation` did not succeed all the
    ///   same.
    public func run<Value: Sendable>(
        on executor: (any TaskExecutor)? = nil,
        _ operation: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let task = Task(executorPreference: executor) { try await operation() }
        let running = Running(task)
        onCancel { _ in running.task?.cancel() }
        // A task keeps its result, and a result that streams may keep the signal: one must let go of the other.
        defer { running.end() }
        return try await withTaskCancellationHandler {
            do {
                return try await task.value
            } catch {
                if let reason { throw reason }
                throw error
            }
        } onCancel: {
            task.cancel()
        }
    }
}

private final class Running<Value: Sendable>: Sendable {
    private let state: Mutex<Task<Value, any Error>?>

    init(_ task: Task<Value, any Error>) {
        state = Mutex(task)
    }

    /// `nil` once it is over.
    var task: Task<Value, any Error>? { state.withLock { $0 } }

    func end() {
        let task = state.withLock { $0.take() }
        // What the task holds goes outside the lock.
        withExtendedLifetime(task) {}
    }
}

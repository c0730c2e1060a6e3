public import MeshCore

extension CancellationSignal {
    /// Runs `operation` so that it is stopped when the signal is given: for a transport that can only be stopped by
    /// cancelling its task.
    ///
    /// Costs a task, about 1 us. Waits for `operation` to end, so it must honour cancellation.
    ///
    /// - Throws: What `operation` throws; the reason, if the signal was given and `operation` did not succeed all the
    ///   same.
    public func run<Value: Sendable>(_ operation: @escaping @Sendable () async throws -> Value) async throws -> Value {
        let task = Task { try await operation() }
        onCancel { _ in task.cancel() }
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

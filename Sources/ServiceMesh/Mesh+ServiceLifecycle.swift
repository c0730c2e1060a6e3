#if Lifecycle
public import ServiceLifecycle

extension Mesh: Service {
    /// Runs until the service group shuts down or the task is cancelled, then shuts down as ``shutdown()`` does.
    public func run() async throws {
        try? await gracefulShutdown()
        await shutdown()
    }
}
#endif

import Dispatch
public import Testing

/// Tests that compute for seconds without a suspension run on threads of their own, at most one test at a time: on those of the
/// pool, which are as many as there are cores, every other test would stand still meanwhile.
public struct OffThePool: SuiteTrait, TestTrait, TestScoping {
    private final class QueueExecutor: TaskExecutor {
        private let queue = DispatchQueue(label: "tests off the pool")

        func enqueue(_ job: consuming ExecutorJob) {
            let job = UnownedJob(job)
            queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
        }
    }

    private static let executor = QueueExecutor()

    /// Holds for every test of a suite.
    public var isRecursive: Bool { true }

    /// Runs the test there.
    @concurrent
    public func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        guard testCase != nil else { return try await function() }
        try await withTaskExecutorPreference(Self.executor) { try await function() }
    }
}

extension Trait where Self == OffThePool {
    /// The test computes for seconds.
    public static var offThePool: Self { OffThePool() }
}

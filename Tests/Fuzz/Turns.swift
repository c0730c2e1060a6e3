#if Transport && DNS && DEBUG
import Synchronization

/// Runs a task on the thread that asks for it, so that it needs no other, and a task that waits for ever is noticed.
final class Turns: TaskExecutor {
    private let jobs = Mutex<[UnownedJob]>([])

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        jobs.withLock { $0.append(job) }
    }

    /// Runs what can be run.
    func run() {
        while true {
            let ready = jobs.withLock { jobs in
                defer { jobs = [] }
                return jobs
            }
            guard !ready.isEmpty else { return }
            for job in ready { job.runSynchronously(on: asUnownedTaskExecutor()) }
        }
    }

    /// Starts a task; its result is there once it has ended.
    func start<Value: Sendable>(_ work: @escaping @Sendable () async -> Value) -> Promised<Value> {
        let promised = Promised<Value>()
        Task(executorPreference: self) {
            let value = await work()
            promised.keep(value)
        }
        run()
        return promised
    }
}

/// What a task will have come to.
final class Promised<Value: Sendable>: Sendable {
    private let kept = Mutex<Value?>(nil)

    fileprivate func keep(_ value: Value) { kept.withLock { $0 = value } }

    /// `nil` while the task has not ended.
    var value: Value? { kept.withLock { $0 } }
}
#endif

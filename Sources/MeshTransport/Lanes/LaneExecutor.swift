#if Transport
import NIOCore
import Synchronization

/// Runs tasks on the event loop of a lane, so that a call and its connection share a thread.
///
/// Jobs that come while others run are taken with them: one wake-up of the event loop serves a burst.
final class LaneExecutor: TaskExecutor {
    private struct Queue {
        var jobs: [UnownedJob] = []
        /// Whether the event loop knows that there is work.
        var isScheduled = false
    }

    private let loop: any EventLoop
    private let queue = Mutex(Queue())

    init(on loop: any EventLoop) {
        self.loop = loop
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let isFirst = queue.withLock { queue in
            queue.jobs.append(job)
            defer { queue.isScheduled = true }
            return !queue.isScheduled
        }
        if isFirst { loop.execute { self.runJobs() } }
    }

    private func runJobs() {
        // One round, then the event loop's other work: a task that makes new jobs for ever must not starve the sockets.
        let jobs = queue.withLock { queue in
            defer { queue.jobs = [] }
            return queue.jobs
        }
        for job in jobs { job.runSynchronously(on: asUnownedTaskExecutor()) }
        let hasMore = queue.withLock { queue in
            queue.isScheduled = !queue.jobs.isEmpty
            return queue.isScheduled
        }
        if hasMore { loop.execute { self.runJobs() } }
    }
}
#endif

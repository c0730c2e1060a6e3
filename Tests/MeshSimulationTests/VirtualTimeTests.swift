import Dispatch
import Foundation
import MeshCore
import MeshSimulation
import Synchronization
import Testing

@Suite struct VirtualTimeTests {
    @Test func `an hour passes as soon as nothing is left to do`() throws {
        let time = VirtualTime()
        let waited = try time.run {
            let start = time.now
            try await time.clock.sleep(for: .seconds(3600))
            return start.duration(to: time.now)
        }
        #expect(waited == .seconds(3600))
    }

    @Test func `sleepers wake in the order of their instants, and then of their coming`() throws {
        let time = VirtualTime()
        let log = Log()
        try time.run {
            await withDiscardingTaskGroup { group in
                for (number, wait) in [3, 1, 2, 1].enumerated() {
                    group.addTask {
                        try? await time.clock.sleep(for: .milliseconds(wait))
                        log.append(number)
                    }
                }
            }
        }
        #expect(log.entries == [1, 3, 2, 0])
    }

    @Test func `a cancelled sleeper wakes at once`() throws {
        let time = VirtualTime()
        let waited = try time.run {
            let start = time.now
            let task = Task(executorPreference: time) { try await time.clock.sleep(for: .seconds(9)) }
            try await time.clock.sleep(for: .seconds(1))
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            return start.duration(to: time.now)
        }
        #expect(waited == .seconds(1))
    }

    @Test func `a body that waits for what cannot come is an error`() {
        let time = VirtualTime()
        let (stream, continuation) = AsyncStream.makeStream(of: Int.self)
        #expect(throws: VirtualTimeError.stuck(at: time.now)) {
            try time.run { for await _ in stream {} }
        }
        continuation.finish()
    }

    @Test func `a job from another thread spoils the run that it came into, and no later one`() throws {
        @Sendable func enqueueFromAnotherThread(_ time: VirtualTime) {
            let done = DispatchSemaphore(value: 0)
            Thread.detachNewThread {
                _ = Task.detached(executorPreference: time) {}
                done.signal()
            }
            done.wait()
        }
        let time = VirtualTime()
        #expect(throws: VirtualTimeError.leftThread(jobs: 1)) {
            try time.run { enqueueFromAnotherThread(time) }
        }
        #expect(try time.run { 7 } == 7)
    }

    @Test func `what sleeps when the body has ended is cancelled`() throws {
        let time = VirtualTime()
        let log = Log()
        try time.run {
            _ = Task.detached(executorPreference: time) {
                do { try await time.clock.sleep(until: .distantFuture) } catch { log.append(1) }
            }
            try await time.clock.sleep(for: .seconds(1))
        }
        #expect(log.entries == [1])
    }
}

private final class Log: Sendable {
    private let list = Mutex<[Int]>([])

    var entries: [Int] { list.withLock { $0 } }

    func append(_ entry: Int) { list.withLock { $0.append(entry) } }
}

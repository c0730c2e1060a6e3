import MeshCore
import MeshTesting
import Synchronization
import Testing

@Suite struct ManualClockTests {
    @Test func `time stands still until it is moved, and never goes back`() {
        let time = ManualClock(at: .zero)
        #expect(time.clock.now == .zero)
        time.advance(by: .seconds(5))
        time.advance(to: MeshInstant(nanoseconds: 1))
        time.advance(by: .seconds(-1))
        #expect(time.clock.now == MeshInstant(nanoseconds: 5_000_000_000))
    }

    @Test func `sleepers wake at the instant they asked for`() async throws {
        let time = ManualClock()
        let clock = time.clock
        let start = time.now
        let tasks = [3, 1, 2].map { seconds in
            Task { try await clock.sleep(until: start.advanced(by: .seconds(seconds))) }
        }
        await time.sleepers(atLeast: 3)
        #expect(time.nextWakeUp == start.advanced(by: .seconds(1)))
        time.advance(by: .milliseconds(999))
        #expect(time.sleeperCount == 3)
        time.advance(by: .milliseconds(1))
        #expect(time.sleeperCount == 2)
        time.advance(by: .seconds(10))
        #expect(time.sleeperCount == 0)
        #expect(time.nextWakeUp == nil)
        for task in tasks { try await task.value }
    }

    @Test func `a sleep into the past returns at once`() async throws {
        let time = ManualClock()
        try await time.clock.sleep(until: time.now)
        try await time.clock.sleep(until: .zero)
    }

    @Test func `a cancelled sleeper leaves`() async {
        let time = ManualClock()
        let clock = time.clock
        let task = Task { try await clock.sleep(until: .distantFuture) }
        await time.sleepers()
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(time.sleeperCount == 0)

        let early = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await clock.sleep(until: .zero)
        }
        await #expect(throws: CancellationError.self) { try await early.value }
    }

    @Test func `cancelling and waking at once resumes each sleeper once`() async {
        let time = ManualClock()
        let clock = time.clock
        for _ in 1...200 {
            let until = time.now.advanced(by: .seconds(1))
            let task = Task { try? await clock.sleep(until: until) }
            await time.sleepers()
            async let cancelled: Void = task.cancel()
            time.advance(to: until)
            await cancelled
            await task.value
            #expect(time.sleeperCount == 0)
        }
    }
}

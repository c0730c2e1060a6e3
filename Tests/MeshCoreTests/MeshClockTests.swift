import MeshCore
import MeshTesting
import Testing

@Suite("Clocks")
struct MeshClockTests {
    @Test("the machine's clock never goes back")
    func monotonic() {
        var last = MeshClock.continuous.now
        for _ in 0..<10_000 {
            let now = MeshClock.continuous.now
            #expect(now >= last)
            last = now
        }
        #expect(last > .zero)
    }

    @Test("a sleep until the past returns at once, unless its task is cancelled")
    func past() async throws {
        let clock = MeshClock.continuous
        try await clock.sleep(until: clock.now)
        try await clock.sleep(until: .zero)
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await clock.sleep(until: .zero)
        }
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test("a sleep to the end of time ends with the cancellation of its task")
    func distantFuture() async {
        for clock in [MeshClock.continuous, ManualClock().clock] {
            let task = Task { try await clock.sleep(until: .distantFuture) }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
    }

    @Test("a source of its own is read and slept by")
    func source() async throws {
        let time = ManualClock(at: MeshInstant(nanoseconds: 7))
        let clock = time.clock
        #expect(clock.now.nanoseconds == 7)
        async let slept: Void = clock.sleep(until: MeshInstant(nanoseconds: 10))
        await time.sleepers(atLeast: 1)
        time.advance(by: .nanoseconds(3))
        try await slept
        #expect(clock.now.nanoseconds == 10)
        #expect(time.sleeperCount == 0)
    }
}

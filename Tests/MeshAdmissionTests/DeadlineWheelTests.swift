import MeshAdmission
import MeshCore
import MeshTesting
import Synchronization
import TestSupport
import Testing

@Suite("The deadline wheel", .takesTurns)
struct DeadlineWheelTests {
    private let time = ManualClock()
    private var start: MeshInstant { MeshInstant(nanoseconds: 3_600_000_000_000) }

    /// Notes when a signal is given, and how often.
    private final class Recorder: Sendable {
        let signal = CancellationSignal()
        private let fired = Mutex<[(MeshInstant, CancellationSignal.Reason)]>([])

        init(_ time: ManualClock) {
            signal.onCancel { [weak self] reason in self?.fired.withLock { $0.append((time.now, reason)) } }
        }

        var times: [MeshInstant] { fired.withLock { $0.map(\.0) } }
        var reasons: [CancellationSignal.Reason] { fired.withLock { $0.map(\.1) } }
    }

    @Test(
        "a deadline fires at most one tick late and never early",
        arguments: [0, 1, 999_999, 1_000_000, 1_000_001, 1_500_000, 1_024_000_000, 15_000_000_001]
    )
    func precision(nanoseconds: Int64) async {
        let wheel = DeadlineWheel(clock: time.clock, shards: 1)
        let recorder = Recorder(time)
        let deadline = start.advanced(by: .nanoseconds(nanoseconds))
        _ = wheel.arm(recorder.signal, reason: .deadlineExceeded, at: deadline)
        await settled("the deadline fires") {
            if recorder.times.isEmpty { time.step() }
            return !recorder.times.isEmpty
        }
        let late = deadline.duration(to: recorder.times[0])
        #expect(late >= .zero && late <= DeadlineWheel.tick)
        #expect(recorder.reasons == [.deadlineExceeded])
        #expect(wheel.armedCount == 0)
        #expect(time.sleeperCount == 0)
    }

    @Test("10,000 deadlines, half of them disarmed on the way, fire once, in time, or not at all", arguments: [1, 4])
    func manyDeadlines(shards: Int) async {
        let wheel = DeadlineWheel(clock: time.clock, shards: shards)
        var random = SplitMix64(seed: 11)
        var armed: [(recorder: Recorder, deadline: MeshInstant, token: DeadlineWheel.Token)] = []
        for _ in 0..<10_000 {
            let recorder = Recorder(time)
            let deadline = start.advanced(by: .nanoseconds(Int64(random.next() % 3_000_000_000)))
            armed.append((recorder, deadline, wheel.arm(recorder.signal, reason: .attemptTimedOut, at: deadline)))
        }
        #expect(wheel.armedCount == 10_000)
        var unsettled = armed.shuffled(using: &random)[...]
        var disarmed = 0
        while wheel.armedCount > 0 {
            await settled("the driver sleeps again") { time.sleeperCount == 1 || wheel.armedCount == 0 }
            for entry in unsettled.prefix(Int(random.next() % 5)) {
                let before = wheel.armedCount
                wheel.disarm(entry.token)
                wheel.disarm(entry.token)
                if wheel.armedCount < before { disarmed += 1 }
            }
            unsettled = unsettled.dropFirst(4)
            time.step()
        }
        await settled("everything fired") { armed.reduce(0) { $0 + $1.recorder.times.count } == 10_000 - disarmed }
        for (recorder, deadline, _) in armed where !recorder.times.isEmpty {
            #expect(recorder.times.count == 1)
            let late = deadline.duration(to: recorder.times[0])
            #expect(late >= .zero && late <= DeadlineWheel.tick, "\(late)")
        }
        #expect(disarmed > 1_000 && disarmed < 9_000)
    }

    @Test("an earlier deadline brings the wake-up forward, a later one leaves it, and one task sleeps")
    func earlierDeadline() async {
        let wheel = DeadlineWheel(clock: time.clock)
        let recorder = Recorder(time)
        for seconds in [10, 20, 5, 7, 1, 3] {
            _ = wheel.arm(recorder.signal, reason: .deadlineExceeded, at: start.advanced(by: .seconds(seconds)))
        }
        await settled("one task sleeps until the earliest") {
            time.sleeperCount == 1 && time.nextWakeUp == start.advanced(by: .seconds(1))
        }
        time.advance(by: .seconds(1))
        await settled("it goes on with the next") { time.nextWakeUp == start.advanced(by: .seconds(3)) }
        #expect(wheel.armedCount == 5)
        #expect(recorder.times == [start.advanced(by: .seconds(1))])
    }

    @Test("a thousand ever earlier deadlines leave one sleeper")
    func boundedSleepers() async {
        let wheel = DeadlineWheel(clock: time.clock)
        let recorder = Recorder(time)
        for step in 0..<1_000 {
            _ = wheel.arm(
                recorder.signal,
                reason: .deadlineExceeded,
                at: start.advanced(by: .milliseconds(2_000 - step))
            )
        }
        await settled("one task sleeps") {
            time.sleeperCount == 1 && time.nextWakeUp == start.advanced(by: .milliseconds(1_001))
        }
    }

    @Test("deadlines that are always disarmed in time cost a wake-up per timeout, not per round of the wheel")
    func wakeUpsPerTimeout() async {
        let wheel = DeadlineWheel(clock: time.clock, shards: 1)
        let signal = CancellationSignal()
        var last: DeadlineWheel.Token?
        var wakeUps: Set<MeshInstant> = []
        // Always one call in flight, each 15 s allowed and 100 ms needed, for a minute.
        for _ in 0..<600 {
            let token = wheel.arm(signal, reason: .deadlineExceeded, at: time.now.advanced(by: .seconds(15)))
            if let last { wheel.disarm(last) }
            last = token
            await settled("the driver sleeps") { time.sleeperCount == 1 }
            if let next = time.nextWakeUp { wakeUps.insert(next) }
            time.advance(by: .milliseconds(100))
        }
        // Five, and one more each time that the driver is held up between two instants.
        #expect(wakeUps.count <= 10, "\(wakeUps.count) wake-ups")
        #expect(signal.reason == nil)
    }

    @Test("nothing armed leaves no task behind after the next wake-up")
    func idle() async {
        let wheel = DeadlineWheel(clock: time.clock)
        for _ in 0..<100 {
            wheel.disarm(
                wheel.arm(CancellationSignal(), reason: .deadlineExceeded, at: start.advanced(by: .seconds(1)))
            )
        }
        #expect(wheel.armedCount == 0)
        await time.sleepers()
        #expect(time.sleeperCount == 1)
        time.advance(by: .seconds(1))
        await settled("the task is gone") { time.sleeperCount == 0 }
        // And it works again afterwards.
        let recorder = Recorder(time)
        _ = wheel.arm(recorder.signal, reason: .deadlineExceeded, at: time.now.advanced(by: .seconds(1)))
        await time.sleepers()
        time.advance(by: .seconds(1))
        await settled("a later deadline fires") { recorder.times.count == 1 }
    }

    @Test("a wheel that is let go takes its task with it")
    func deinitialization() async {
        do {
            let wheel = DeadlineWheel(clock: time.clock)
            _ = wheel.arm(CancellationSignal(), reason: .deadlineExceeded, at: start.advanced(by: .seconds(1)))
            await time.sleepers()
        }
        await settled("the task is gone") { time.sleeperCount == 0 }
    }

    private final class Baggage: Sendable {}
    @TaskLocal private static var baggage: Baggage?

    @Test("the task keeps nothing of whoever armed the first deadline")
    func taskLocals() async {
        let wheel = DeadlineWheel(clock: time.clock)
        weak var seen: Baggage?
        do {
            let baggage = Baggage()
            seen = baggage
            Self.$baggage.withValue(baggage) {
                _ = wheel.arm(CancellationSignal(), reason: .deadlineExceeded, at: start.advanced(by: .seconds(1)))
            }
        }
        await time.sleepers()
        #expect(seen == nil)
    }

    @Test("a disarmed token is inert, even when its place is taken")
    func staleToken() async {
        let wheel = DeadlineWheel(clock: time.clock, shards: 1)
        let first = Recorder(time)
        let second = Recorder(time)
        let token = wheel.arm(first.signal, reason: .deadlineExceeded, at: start.advanced(by: .seconds(1)))
        wheel.disarm(token)
        _ = wheel.arm(second.signal, reason: .deadlineExceeded, at: start.advanced(by: .seconds(1)))
        wheel.disarm(token)
        #expect(wheel.armedCount == 1)
        await time.sleepers()
        time.advance(by: .seconds(1))
        await settled("the second fires") { second.times.count == 1 }
        #expect(first.times.isEmpty)
    }

    @Test("a signal that is given may arm and disarm others")
    func reentrancy() async {
        let wheel = DeadlineWheel(clock: time.clock, shards: 1)
        let other = Recorder(time)
        let next = Recorder(time)
        let token = wheel.arm(other.signal, reason: .deadlineExceeded, at: start.advanced(by: .seconds(2)))
        let signal = CancellationSignal()
        signal.onCancel { [time] _ in
            wheel.disarm(token)
            _ = wheel.arm(next.signal, reason: .deadlineExceeded, at: time.now.advanced(by: .milliseconds(5)))
        }
        _ = wheel.arm(signal, reason: .deadlineExceeded, at: start.advanced(by: .seconds(1)))
        await settled("the chain ends") {
            if next.times.isEmpty { time.step() }
            return !next.times.isEmpty
        }
        #expect(other.times.isEmpty)
        #expect(wheel.armedCount == 0)
    }

    @Test("nobody sleeps for what only a shutdown ends, and the shutdown ends it")
    func distantFuture() async {
        let wheel = DeadlineWheel(clock: time.clock, shards: 1)
        let never = Recorder(time)
        _ = wheel.arm(never.signal, reason: .deadlineExceeded, at: .distantFuture)
        for _ in 0..<1000 { await Task.yield() }
        #expect(time.sleeperCount == 0)

        let soon = Recorder(time)
        _ = wheel.arm(soon.signal, reason: .deadlineExceeded, at: time.now.advanced(by: .seconds(1)))
        await time.sleepers()
        time.advance(by: .seconds(1))
        await settled("the deadline fires") { soon.reasons == [.deadlineExceeded] }
        for _ in 0..<1000 { await Task.yield() }
        #expect(time.sleeperCount == 0)
        #expect(wheel.armedCount == 1)
        wheel.shutdown()
        #expect(never.reasons == [.shutDown])
    }

    @Test("disarming says whether the deadline was still armed")
    func disarmed() {
        let wheel = DeadlineWheel(clock: time.clock)
        let token = wheel.arm(CancellationSignal(), reason: .deadlineExceeded, at: time.now.advanced(by: .seconds(1)))
        #expect(wheel.disarm(token) == true)
        #expect(wheel.disarm(token) == false)
    }

    @Test("a shutdown gives every signal, and whatever is armed later at once")
    func shutdown() async {
        let wheel = DeadlineWheel(clock: time.clock)
        let recorders = (0..<100).map { _ in Recorder(time) }
        let tokens = recorders.enumerated().map { index, recorder in
            wheel.arm(recorder.signal, reason: .deadlineExceeded, at: start.advanced(by: .seconds(index)))
        }
        wheel.shutdown()
        wheel.shutdown()
        for recorder in recorders {
            // Only that of the deadline which had been reached may have fired on its own.
            #expect(recorder.reasons == [.shutDown] || recorder === recorders[0])
        }
        for token in tokens { wheel.disarm(token) }
        let late = Recorder(time)
        _ = wheel.arm(late.signal, reason: .deadlineExceeded, at: start.advanced(by: .seconds(1)))
        #expect(late.reasons == [.shutDown])
        let never = Recorder(time)
        _ = wheel.arm(never.signal, reason: .deadlineExceeded, at: .distantFuture)
        #expect(never.reasons == [.shutDown])
        #expect(wheel.armedCount == 0)
        await settled("the task is gone") { time.sleeperCount == 0 }
    }

    @Test("a deadline at the end of time does no harm to the others", arguments: [false, true])
    func distantFuture(onTheRealClock: Bool) async {
        let wheel = DeadlineWheel(clock: onTheRealClock ? .continuous : time.clock, shards: 1)
        let now = onTheRealClock ? MeshClock.continuous.now : time.now
        let never = [
            MeshInstant.distantFuture, MeshInstant(nanoseconds: .max - 1), now.advanced(by: .seconds(Int64.max)),
        ].map { instant in
            let recorder = Recorder(time)
            _ = wheel.arm(recorder.signal, reason: .deadlineExceeded, at: instant)
            return recorder
        }
        let recorder = Recorder(time)
        _ = wheel.arm(recorder.signal, reason: .deadlineExceeded, at: now.advanced(by: .milliseconds(1)))
        await settled("the near one fires") {
            if recorder.times.isEmpty && !onTheRealClock && time.nextWakeUp == now.advanced(by: .milliseconds(1)) {
                time.step()
            }
            return !recorder.times.isEmpty
        }
        #expect(never.allSatisfy { $0.times.isEmpty })
        #expect(wheel.armedCount == 3)
        wheel.shutdown()
        #expect(never.allSatisfy { $0.reasons == [.shutDown] })
    }

    @Test("arming, disarming and firing at once: every deadline fires or is disarmed, none is lost")
    func stress() async {
        let wheel = DeadlineWheel(clock: time.clock)
        final class Counts: Sendable {
            let fired = Atomic<Int>(0)
            let stillArmed = Atomic<Int>(0)
            let isOver = Atomic<Bool>(false)
        }
        let counts = Counts()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [time] in
                while !counts.isOver.load(ordering: .relaxed) {
                    time.advance(by: .microseconds(700))
                    await Task.yield()
                }
            }
            await withTaskGroup(of: Void.self) { workers in
                for worker in 0..<8 {
                    workers.addTask { [time] in
                        var random = SplitMix64(seed: UInt64(worker))
                        var tokens: [DeadlineWheel.Token] = []
                        for round in 0..<2_000 {
                            let signal = CancellationSignal()
                            signal.onCancel { _ in counts.fired.wrappingAdd(1, ordering: .relaxed) }
                            let deadline = time.now.advanced(by: .microseconds(Int64(random.next() % 20_000)))
                            tokens.append(wheel.arm(signal, reason: .attemptTimedOut, at: deadline))
                            if random.next() & 1 == 0 {
                                wheel.disarm(tokens.remove(at: Int(random.next() % UInt64(tokens.count))))
                            }
                            if round % 64 == 0 { await Task.yield() }
                        }
                        counts.stillArmed.wrappingAdd(tokens.count, ordering: .relaxed)
                    }
                }
            }
            counts.isOver.store(true, ordering: .relaxed)
        }
        await settled("the rest fires") {
            time.advance(by: .milliseconds(1))
            // Signals are given after their entries have been taken off the wheel.
            return wheel.armedCount == 0 && time.sleeperCount == 0
                && counts.fired.load(ordering: .relaxed) >= counts.stillArmed.load(ordering: .relaxed)
        }
        // Each worker kept tokens of deadlines that it never disarmed: all of those fired, and some before their disarming.
        #expect(counts.fired.load(ordering: .relaxed) >= counts.stillArmed.load(ordering: .relaxed))
        #expect(counts.fired.load(ordering: .relaxed) <= 16_000)
    }
}

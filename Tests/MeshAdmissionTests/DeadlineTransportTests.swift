import MeshAdmission
import MeshCore
import MeshTesting
import Synchronization
import TestSupport
import Testing

@Suite("The deadline transport", .timeLimit(.minutes(10)))
struct DeadlineTransportTests {
    private let time = ManualClock()
    private let wheel: DeadlineWheel
    private let endpoint = Endpoint(.host("a", port: 1))

    init() {
        wheel = DeadlineWheel(clock: time.clock, shards: 1)
    }

    private func context(attempt: Duration? = nil, call: Duration? = nil) -> CallContext {
        var context = CallContext(
            service: "users",
            startedAt: time.now,
            deadline: call.map { .after($0, from: time.now) } ?? .none
        )
        if let attempt { context.attemptDeadline = .after(attempt, from: time.now) }
        return context
    }

    /// Never answers; ends when its signal is given, with an error of its own.
    private var hanging: FunctionTransport<String> {
        FunctionTransport { [time] _, _, context in
            let signal = try #require(context.cancellation)
            return try await signal.run {
                try await time.clock.sleep(until: .distantFuture)
                return "never"
            }
        }
    }

    @Test("a plain answer disarms the deadline")
    func plainAnswer() async throws {
        let transport = DeadlineTransport(
            FunctionTransport<String> { [wheel] request, _, context in
                #expect(wheel.armedCount == 1)
                #expect(context.cancellation != nil)
                return request + "!"
            },
            wheel: wheel
        )
        #expect(try await transport.send("a", to: endpoint, context: context(call: .seconds(1))) == "a!")
        #expect(wheel.armedCount == 0)
    }

    @Test("without a deadline nothing is armed and no signal made")
    func noDeadline() async throws {
        let transport = DeadlineTransport(
            FunctionTransport<String> { [wheel] request, _, context in
                #expect(wheel.armedCount == 0)
                #expect(context.cancellation == nil)
                return request
            },
            wheel: wheel
        )
        #expect(try await transport.send("a", to: endpoint, context: context()) == "a")
    }

    @Test("an error of the transport is passed on, and disarms the deadline")
    func error() async {
        let transport = DeadlineTransport(FunctionTransport<String> { _, _, _ in throw Broken() }, wheel: wheel)
        await #expect(throws: Broken.self) {
            try await transport.send("a", to: endpoint, context: context(call: .seconds(1)))
        }
        #expect(wheel.armedCount == 0)
    }

    @Test(
        "an attempt that takes too long is stopped, and the error says whose time was up",
        arguments: [
            (Duration.seconds(1), Duration.seconds(9), CancellationSignal.Reason.attemptTimedOut),
            (.seconds(1), .seconds(1), .deadlineExceeded),
        ]
    )
    func stopped(attempt: Duration, whole: Duration, reason: CancellationSignal.Reason) async {
        let transport = DeadlineTransport(hanging, wheel: wheel)
        let context = context(attempt: attempt, call: whole)
        let call = Task { [endpoint] in try await transport.send("a", to: endpoint, context: context) }
        // The hanging transport and the wheel's driver.
        await time.sleepers(atLeast: 2)
        time.advance(by: .milliseconds(999))
        #expect(wheel.armedCount == 1)
        time.advance(by: .milliseconds(1))
        await #expect(throws: reason) { try await call.value }
        #expect(wheel.armedCount == 0)
    }

    @Test("a cancelled caller gets a cancellation, and leaves nothing armed")
    func cancelledCaller() async {
        let transport = DeadlineTransport(hanging, wheel: wheel)
        let context = context(call: .seconds(1))
        let task = Task { [endpoint] in try await transport.send("a", to: endpoint, context: context) }
        await time.sleepers(atLeast: 2)
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(wheel.armedCount == 0)
    }

    @Test("a signal that was there already is used, and its reason thrown")
    func inheritedSignal() async {
        let transport = DeadlineTransport(hanging, wheel: wheel)
        var context = context(call: .seconds(1))
        let signal = CancellationSignal()
        context.cancellation = signal
        let call = Task { [endpoint] in try await transport.send("a", to: endpoint, context: context) }
        await time.sleepers(atLeast: 2)
        signal.cancel(.attemptTimedOut)
        await #expect(throws: CancellationSignal.Reason.attemptTimedOut) { try await call.value }
        #expect(wheel.armedCount == 0)
    }

    @Test("a shutdown of the wheel stops the attempt")
    func shutdown() async {
        let transport = DeadlineTransport(hanging, wheel: wheel)
        let context = context(call: .seconds(1))
        let call = Task { [endpoint] in try await transport.send("a", to: endpoint, context: context) }
        await time.sleepers(atLeast: 2)
        wheel.shutdown()
        await #expect(throws: CancellationSignal.Reason.shutDown) { try await call.value }
        #expect(wheel.armedCount == 0)
    }

    // MARK: Streaming

    private final class Flag: Sendable {
        private let value = Atomic(false)

        var isSet: Bool { value.load(ordering: .acquiring) }

        func set() { value.store(true, ordering: .releasing) }
    }

    @Test("a head that comes in when its time is up, but the signal not given yet, is a timeout")
    func headAtTheLastMoment() async {
        let mayAnswer = Flag()
        let isOver = Flag()
        let transport = DeadlineTransport(
            FunctionTransport<StreamedResponse> { _, _, _ in
                while !mayAnswer.isSet { await Task.yield() }
                return StreamedResponse()
            },
            wheel: wheel
        )
        let context = context(attempt: .seconds(1), call: .seconds(9))
        let call = Task { [endpoint] in
            defer { isOver.set() }
            return try await transport.send("a", to: endpoint, context: context)
        }
        await time.sleepers()
        // Armed later and so given first: what happens then happens before the other signal is given.
        let earlier = CancellationSignal()
        earlier.onCancel { _ in
            mayAnswer.set()
            var patience = 100_000_000
            while !isOver.isSet, patience > 0 { patience -= 1 }
        }
        _ = wheel.arm(earlier, reason: .deadlineExceeded, at: context.attemptDeadline.instant)
        time.advance(by: .seconds(1))
        await #expect(throws: CancellationSignal.Reason.attemptTimedOut) { try await call.value }
        #expect(wheel.armedCount == 0)
    }

    private struct Stream {
        let response: StreamedResponse
        let reasons: Reasons
    }

    private final class Reasons: Sendable {
        let all = Mutex<[CancellationSignal.Reason]>([])
    }

    /// The head of a streamed response, and what its body is told.
    private func open(_ context: CallContext) async throws -> Stream {
        let reasons = Reasons()
        let transport = DeadlineTransport(
            FunctionTransport<StreamedResponse> { _, _, context in
                context.cancellation?.onCancel { reason in reasons.all.withLock { $0.append(reason) } }
                return StreamedResponse()
            },
            wheel: wheel
        )
        return Stream(response: try await transport.send("a", to: endpoint, context: context), reasons: reasons)
    }

    @Test("the body is held to the deadline of the call, not of the attempt")
    func body() async throws {
        let stream = try await open(context(attempt: .seconds(1), call: .seconds(5)))
        #expect(wheel.armedCount == 1)
        await settled("the driver sleeps") { time.sleeperCount == 1 }
        time.advance(by: .seconds(4))
        await settled("the driver has seen the attempt's time pass") {
            time.nextWakeUp == MeshInstant(nanoseconds: 3_605_000_000_000)
        }
        #expect(stream.reasons.all.withLock { $0 } == [])
        time.advance(by: .seconds(1))
        await settled("the body is stopped") { stream.reasons.all.withLock { $0 } == [.deadlineExceeded] }
        #expect(wheel.armedCount == 0)
        stream.response.body.end(.failed(CancellationSignal.Reason.deadlineExceeded))
    }

    @Test("a call with one deadline keeps it for the body")
    func sameDeadline() async throws {
        let stream = try await open(context(call: .seconds(1)))
        #expect(wheel.armedCount == 1)
        await settled("the driver sleeps") { time.sleeperCount == 1 }
        time.advance(by: .seconds(1))
        await settled("the body is stopped") { stream.reasons.all.withLock { $0 } == [.deadlineExceeded] }
        #expect(wheel.armedCount == 0)
    }

    @Test("an attempt's deadline alone ends with the head")
    func headOnly() async throws {
        let stream = try await open(context(attempt: .seconds(1)))
        #expect(wheel.armedCount == 0)
        withExtendedLifetime(stream) {}
    }

    enum End: CaseIterable { case complete, failed, dropped, letGo }

    @Test("however the body ends, the deadline is disarmed and the signal finished", arguments: End.allCases)
    func bodyEnds(_ end: End) async throws {
        for attempt in [Duration.seconds(1), nil] {
            do {
                let stream = try await open(context(attempt: attempt, call: .seconds(5)))
                #expect(wheel.armedCount == 1)
                switch end {
                case .complete: stream.response.body.end(.complete)
                case .failed: stream.response.body.end(.failed(Broken()))
                case .dropped: stream.response.body.end(.dropped)
                case .letGo: break
                }
                if end != .letGo { #expect(wheel.armedCount == 0) }
            }
            #expect(wheel.armedCount == 0)
        }
    }

    @Test("a response that nobody wants is let go of, though a task made it and the signal knew the task")
    func letGoAfterTask() async throws {
        let transport = DeadlineTransport(
            FunctionTransport<StreamedResponse> { _, _, context in
                try await #require(context.cancellation).run { StreamedResponse() }
            },
            wheel: wheel
        )
        let response = try await transport.send("a", to: endpoint, context: context(call: .seconds(5)))
        #expect(wheel.armedCount == 1)
        _ = consume response
        await settled("the deadline is disarmed") { wheel.armedCount == 0 }
    }

    @Test("retirement and shutdown reach the transport")
    func passedOn() async {
        let base = InProcessTransport<String, String>(clock: time.clock)
        let served = base.serve(at: "a:1") { request, _ in request }
        let transport = DeadlineTransport(base, wheel: wheel)
        transport.retire(served)
        #expect(base.retirementCount(of: served) == 1)
        await transport.shutdown()
        #expect(base.isShutDown)
    }

    @Test("thousands of calls at once, answered, failing, late or cancelled, leave nothing armed")
    func stress() async {
        let base = FunctionTransport<String> { request, _, context in
            let signal = try #require(context.cancellation)
            switch Int(request).map({ $0 % 4 }) {
            case 0: return request
            case 1: throw Broken()
            default:
                return try await signal.run { [time] in
                    try await time.clock.sleep(until: .distantFuture)
                    return request
                }
            }
        }
        let transport = DeadlineTransport(base, wheel: wheel)
        let calls = (0..<2_000).map { number in
            let context = context(attempt: .milliseconds(5 + number % 10), call: .seconds(5))
            return Task { [endpoint] in try await transport.send("\(number)", to: endpoint, context: context) }
        }
        for (number, call) in calls.enumerated() where number % 4 == 3 { call.cancel() }
        let driver = Task { [time] in
            while !Task.isCancelled {
                time.advance(by: .milliseconds(1))
                await Task.yield()
            }
        }
        for (number, call) in calls.enumerated() {
            switch (number % 4, await call.result) {
            case (0, .success), (1, .failure): break
            case (2, .failure(let error)): #expect(error as? CancellationSignal.Reason == .attemptTimedOut)
            case (3, .failure(let error)): #expect(error is CancellationError || error is CancellationSignal.Reason)
            default: Issue.record("call \(number) ended otherwise")
            }
        }
        driver.cancel()
        await driver.value
        #expect(wheel.armedCount == 0)
    }
}

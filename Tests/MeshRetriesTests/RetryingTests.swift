import MeshCore
import MeshRetries
import MeshTesting
import Testing

@Suite struct RetryingTests {
    private let time = ManualClock()
    private let events = Log<RetryEvent>()
    private let immediate = RetryPolicy(backoff: Backoff(base: .nanoseconds(1), maximum: .nanoseconds(1)))

    private func retrying(
        _ script: Script,
        _ policy: RetryPolicy? = nil,
        budget: SharedRetryBudget? = nil,
        _ idempotency: Idempotency = .idempotent
    ) -> Retrying<Script, ReplyClassifier> {
        Retrying(
            script,
            classifier: PlainClassifier(idempotency),
            policy: policy ?? RetryPolicy(),
            budget: budget,
            clock: time.clock,
            random: RandomSource(seed: 1),
            observer: { [events] in events.append($0) }
        )
    }

    private func context(timeout: Duration? = nil) -> CallContext {
        CallContext(
            service: "users",
            startedAt: time.now,
            deadline: timeout.map { Deadline.after($0, from: time.now) } ?? .none
        )
    }

    /// Runs a call to its end, letting time pass whenever it waits.
    private func run(_ service: some Service<String, Reply>, _ context: CallContext) async -> Result<Reply, any Error> {
        let call = Task { () async -> Result<Reply, any Error> in
            do { return .success(try await service.call("hello", context: context)) } catch { return .failure(error) }
        }
        let clock = Task {
            while !Task.isCancelled {
                if let next = time.nextWakeUp { time.advance(to: next) }
                await Task.yield()
            }
        }
        defer { clock.cancel() }
        return await call.value
    }

    private func error(_ result: Result<Reply, any Error>) throws -> MeshError {
        guard case .failure(let error) = result else { throw Broken(number: -1) }
        return try #require(error as? MeshError)
    }

    // MARK: the call that needs no retry

    @Test func `a success is returned, and nothing is said of it`() async throws {
        let script = Script(.ok())
        let budget = SharedRetryBudget(RetryBudget.Policy(ratio: 1.0, minimumPerSecond: 0))
        let context = context(timeout: .seconds(1))
        #expect(try await retrying(script, budget: budget).call("hello", context: context).text == "ok")
        #expect(script.contexts.count == 1)
        #expect(script.contexts[0].attempt == 1)
        #expect(script.contexts[0].attemptDeadline == context.deadline)
        #expect(budget.balance(at: time.now) == 1)
        #expect(events.all.isEmpty)
    }

    @Test func `each call deposits once, however many attempts it makes`() async {
        let budget = SharedRetryBudget(RetryBudget.Policy(ratio: 1.0, minimumPerSecond: 1, window: .seconds(100)))
        _ = await run(retrying(Script(.failed(), .failed(), .ok()), budget: budget), context())
        #expect(budget.balance(at: time.now) == 100 + 1 - 2)
    }

    @Test func `a pause that the mesh cuts short keeps the record of what was tried`() async throws {
        let clock = MeshClock(
            MeshClock.Source(
                now: { [time] in time.now },
                sleep: { [time] _ in
                    time.advance(by: .milliseconds(5))
                    throw CancellationSignal.Reason.shutDown
                }
            )
        )
        let service = Retrying(
            Script(.failed(Broken(number: 1), at: 1)),
            classifier: ReplyClassifier(.idempotent),
            clock: clock
        )
        let context = context()
        let error = try #require(
            await #expect(throws: MeshError.self) { try await service.call("hello", context: context) }
        )
        #expect(error.code == .shutDown)
        #expect(error.service == "users")
        #expect(error.attempts.map { $0.cause as? Broken } == [Broken(number: 1)])
        #expect(error.elapsed == .milliseconds(5))
    }

    // MARK: trying again

    @Test func `a failed attempt is followed by one that avoids its endpoint`() async throws {
        let script = Script(.failed(at: 1), .failed(at: 2), .ok())
        let result = await run(retrying(script), context())
        #expect(try result.get().text == "ok")
        let first = Address.ip(.v4(0x0A00_0001), port: 1)
        let second = Address.ip(.v4(0x0A00_0001), port: 2)
        #expect(script.contexts.map(\.attempt) == [1, 2, 3])
        #expect(script.contexts.map(\.avoiding) == [[], [first], [first, second]])
        #expect(events.all.map(\.attempt) == [1, 2])
        #expect(events.all.map(\.address) == [first, second])
    }

    @Test func `an endpoint that fails twice is named once`() async throws {
        let script = Script(.failed(at: 1), .failed(at: 1), .ok())
        _ = await run(retrying(script), context())
        #expect(script.contexts.map(\.avoiding.count) == [0, 1, 1])
    }

    @Test func `a call waits between its attempts on the clock it was given`() async throws {
        let script = Script(.failed(), .ok())
        let service = retrying(script)
        let context = context()
        let call = Task { try await service.call("hello", context: context) }
        await time.sleepers()
        #expect(script.contexts.count == 1)
        let wait = time.now.duration(to: try #require(time.nextWakeUp))
        #expect(wait > .zero && wait <= .milliseconds(25))
        #expect(events.all.map(\.decision) == [.retry(after: wait)])
        time.advance(by: wait)
        #expect(try await call.value.text == "ok")
    }

    @Test func `a refused connection is followed by another attempt without a wait`() async throws {
        let script = Script(.failed(Broken(), .refused), .ok())
        // Nothing moves the clock: a wait would hang.
        #expect(try await retrying(script, nil, .notIdempotent).call("hello", context: context()).text == "ok")
    }

    @Test func `each attempt gets its own deadline, never beyond that of the call`() async {
        let script = Script(.failed(Broken(), Outcome(.failure, retry: .neverSent, retryAfter: .seconds(2))))
        let policy = RetryPolicy(
            backoff: Backoff(base: .nanoseconds(1), maximum: .nanoseconds(1)),
            perAttemptTimeout: .seconds(3)
        )
        let start = time.now
        _ = await run(retrying(script, policy), context(timeout: .seconds(6)))
        let offsets = script.contexts.map { start.duration(to: $0.attemptDeadline.instant).inSeconds }
        #expect(offsets.count == 3)
        #expect(offsets[0] == 3)
        #expect(offsets[1] == 5)
        #expect(offsets[2] == 6)
        #expect(script.contexts.allSatisfy { $0.deadline == Deadline.after(.seconds(6), from: start) })
    }

    // MARK: responses

    @Test func `a response that is tried again is let go of, the last one is returned`() async throws {
        let discards = Reply.Discards()
        let script = Script(
            .reply("one", Outcome(.failure, retry: .ifIdempotent), discards),
            .reply("two", Outcome(.overloaded, retry: .ifIdempotent), discards),
            .reply("three", Outcome(.failure, retry: .ifIdempotent), discards)
        )
        let result = await run(retrying(script), context())
        #expect(try result.get().text == "three")
        #expect(discards.all == ["one", "two"])
        #expect(events.all.last?.decision == .stop(.attemptsExhausted))
    }

    @Test func `a failed response that may not be repeated is returned as it is`() async throws {
        let discards = Reply.Discards()
        let script = Script(.reply("no", .failure, discards))
        #expect(try await retrying(script, nil, .notIdempotent).call("hello", context: context()).text == "no")
        #expect(discards.all.isEmpty)
        #expect(events.all.map(\.decision) == [.stop(.notIdempotent)])
    }

    @Test func `a response stands in the record of a call that ended with an error`() async throws {
        let script = Script(
            .reply("busy", Outcome(.overloaded, retry: .neverSent)),
            .failed(Broken(), Outcome(.failure))
        )
        let error = try error(await run(retrying(script), context()))
        #expect(error.attempts.count == 2)
        #expect((error.attempts[0].cause as? RetriedResponse)?.outcome.verdict == .overloaded)
    }

    // MARK: errors

    @Test func `the error names every attempt`() async throws {
        let script = Script(
            .failed(Broken(number: 1), at: 1, after: .milliseconds(10)),
            .failed(Broken(number: 2), at: 2, after: .milliseconds(20)),
            .failed(Broken(number: 3), after: .milliseconds(30))
        )
        let context = context()
        let error = try error(await run(retrying(script), context))
        #expect(error.code == .attemptsFailed)
        #expect(error.service == "users")
        #expect(error.attempts.map { ($0.cause as? Broken)?.number } == [1, 2, 3])
        #expect(error.attempts.map(\.address?.port) == [1, 2, nil])
        #expect(error.attempts.map(\.duration) == [.milliseconds(10), .milliseconds(20), .milliseconds(30)])
        #expect(error.elapsed == context.startedAt.duration(to: time.now))
        #expect(error.elapsed > .zero)
        #expect(error.detail.isEmpty)
    }

    @Test(arguments: [
        (Idempotency.notIdempotent, Outcome.failure, "not idempotent"),
        (.idempotent, Outcome(.failure, retry: .ifIdempotent, retryAfter: .seconds(31)), "too long a pause"),
        (.idempotent, Outcome(.failure, retry: .ifIdempotent, retryAfter: .seconds(10)), "deadline is too near"),
        (.idempotent, Outcome(.failure, retry: .never), ""),
    ])
    func `the error says why there was no other attempt`(
        idempotency: Idempotency,
        outcome: Outcome,
        detail: String
    ) async throws {
        let script = Script(.failed(Broken(), outcome))
        let error = try error(await run(retrying(script, nil, idempotency), context(timeout: .seconds(10))))
        #expect(error.code == .attemptsFailed)
        #expect(script.contexts.count == 1)
        #expect(detail.isEmpty ? error.detail.isEmpty : error.detail.contains(detail))
    }

    @Test func `an exhausted budget stops the retries of all calls, and is reported`() async throws {
        let budget = SharedRetryBudget(RetryBudget.Policy(ratio: 0.1, minimumPerSecond: 0))
        let script = Script(.failed(Broken(), .refused))
        let service = retrying(script, immediate, budget: budget)
        var errors: [MeshError] = []
        for _ in 1...200 { errors.append(try error(await run(service, context()))) }
        #expect(script.contexts.count == 220)
        #expect(errors.count { $0.detail.contains("budget is exhausted") } == 200)
        #expect(events.all.count { $0.decision == .stop(.budgetExhausted) } == 200)
    }

    @Test func `an error of the mesh keeps its code and gains the record`() async throws {
        let inner = MeshError(.unavailable, service: "users", detail: "2 of 2 endpoints are ejected")
        let script = Script([
            { _ in .failed(Broken(number: 1), .refused, at: 1) },
            { [time] _ in
                time.advance(by: .milliseconds(7))
                return .failed(inner, .inconclusive)
            },
        ])
        let error = try error(await run(retrying(script), context()))
        #expect(error.code == .unavailable)
        #expect(error.detail == inner.detail)
        #expect(error.attempts.map { ($0.cause as? Broken)?.number } == [1])
        #expect(error.elapsed == .milliseconds(7))
    }

    @Test func `an attempt that found no endpoint is tried again, and is not in the record`() async throws {
        let nobody = Attempt<Reply>.failed(
            MeshError(.noEndpoints, service: "users"),
            Outcome(.inconclusive, retry: .neverSent)
        )
        let found = await run(retrying(Script(nobody, nobody, .ok())), context())
        #expect(try found.get().text == "ok")
        let error = try error(await run(retrying(Script(nobody)), context()))
        #expect(error.code == .noEndpoints)
        #expect(error.attempts.isEmpty)
    }

    @Test(arguments: [
        (CancellationSignal.Reason.deadlineExceeded, MeshError.Code.deadlineExceeded),
        (.shutDown, .shutDown),
        (.attemptTimedOut, .attemptsFailed),
    ])
    func `an attempt that was stopped says why`(reason: CancellationSignal.Reason, code: MeshError.Code) async throws {
        let script = Script(.failed(reason, reason.outcome))
        let error = try error(await run(retrying(script), context()))
        #expect(error.code == code)
        #expect(error.attempts.allSatisfy { $0.cause as? CancellationSignal.Reason == reason })
        #expect(script.contexts.count == (reason == .attemptTimedOut ? 3 : 1))
    }

    @Test func `a request that cannot be sent is called that, whatever the time`() async throws {
        struct Refused: ClassifiedError {
            let outcome = Outcome.inconclusive
            let callCode = MeshError.Code.invalidRequest
        }
        let script = Script(.failed(Refused(), Refused().outcome))
        let error = try error(await run(retrying(script), context(timeout: .zero)))
        #expect(error.code == .invalidRequest)
        #expect(error.lastCause is Refused)
        #expect(script.contexts.count == 1)
    }

    @Test func `a failure after the deadline is a missed deadline`() async throws {
        let script = Script([
            { [time] _ in
                time.advance(by: .seconds(2))
                return .failed()
            }
        ])
        let error = try error(await run(retrying(script), context(timeout: .seconds(1))))
        #expect(error.code == .deadlineExceeded)
        #expect(script.contexts.count == 1)
    }

    // MARK: cancellation

    @Test func `a call that is cancelled while it waits stops at once`() async throws {
        let script = Script(.failed(), .ok())
        let service = retrying(script)
        let context = context()
        let call = Task { try await service.call("hello", context: context) }
        await time.sleepers()
        call.cancel()
        await #expect(throws: CancellationError.self) { try await call.value }
        #expect(script.contexts.count == 1)
        #expect(time.sleeperCount == 0)
    }

    @Test func `a call that is cancelled during an attempt makes no other`() async throws {
        let script = Script([
            { _ in
                withUnsafeCurrentTask { $0?.cancel() }
                return .failed(Broken(), .refused)
            }
        ])
        let service = retrying(script)
        let context = context()
        let call = Task { try await service.call("hello", context: context) }
        await #expect(throws: CancellationError.self) { try await call.value }
        #expect(script.contexts.count == 1)
        #expect(events.all.isEmpty)
    }

    @Test func `a call that was told to stop makes no other attempt`() async throws {
        var context = context()
        let signal = CancellationSignal()
        context.cancellation = signal
        let script = Script([
            { _ in
                signal.cancel(.shutDown)
                return .failed(CancellationSignal.Reason.shutDown, .refused)
            }
        ])
        let error = try error(await run(retrying(script), context))
        #expect(error.code == .shutDown)
        #expect(script.contexts.count == 1)
    }

    @Test func `the signal of the call reaches the attempt under way, an attempt's own stays its own`() async throws {
        var context = context()
        let signal = CancellationSignal()
        context.cancellation = signal
        let script = Script([
            { context in
                context.cancellation?.cancel(.attemptTimedOut)
                return .failed(CancellationSignal.Reason.attemptTimedOut, .refused)
            },
            { context in
                #expect(context.cancellation?.reason == nil)
                signal.cancel(.shutDown)
                #expect(context.cancellation?.reason == .shutDown)
                return .failed(CancellationSignal.Reason.shutDown, .refused)
            },
        ])
        let error = try error(await run(retrying(script), context))
        #expect(error.attempts.count == 2)
        #expect(script.contexts.count == 2)
    }

    // MARK: alone

    @Test func `retries work around any service`() async throws {
        let calls = Log<Int>()
        let backend = FunctionService<String, String> { [time] request, context in
            calls.append(context.attempt)
            time.advance(by: .milliseconds(3))
            if context.attempt < 3 { throw Broken(number: context.attempt) }
            return request + "!"
        }
        let service = backend.retrying(
            immediate,
            classifier: PlainClassifier(.idempotent),
            clock: time.clock,
            random: RandomSource(seed: 2)
        )
        let context = context()
        let clock = Task {
            while !Task.isCancelled {
                time.advance(by: .nanoseconds(1))
                await Task.yield()
            }
        }
        defer { clock.cancel() }
        #expect(try await service.call("hello", context: context) == "hello!")
        #expect(calls.all == [1, 2, 3])

        let attempt = await service.attempts.attempt("hello", context: context)
        #expect(attempt.duration >= .milliseconds(3))
        #expect(attempt.outcome == .failure)
        #expect(attempt.address == nil)
    }
}

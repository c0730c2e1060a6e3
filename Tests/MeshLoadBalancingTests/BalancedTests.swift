import MeshCircuitBreaking
import MeshCore
import MeshLoadBalancing
import MeshTesting
import Synchronization
import TestSupport
import Testing

@Suite("Balanced attempts", .takesTurns)
struct BalancedTests {
    private let time = ManualClock()
    private let tracker = ScriptedTracker()
    private let balancer: LoadBalancer

    init() {
        balancer = LoadBalancer(
            policy: .peakEWMA(PeakEWMA(defaultLatency: .zero)),
            endpoints: .of(1),
            health: tracker,
            routing: EndpointRouting(panicThreshold: .zero),
            clock: time.clock
        )
    }

    private func balanced<Response: CallResponse>(
        _ body: @escaping @Sendable (String, Endpoint, CallContext) async throws -> Response
    ) -> Balanced<FunctionTransport<Response>, PlainClassifier<String, Response>, NoAttemptObserver> {
        Balanced(
            over: balancer,
            transport: FunctionTransport(body),
            classifier: PlainClassifier(.idempotent),
            clock: time.clock
        )
    }

    private var context: CallContext { CallContext(service: "users", startedAt: time.now) }
    private var inFlight: Int { balancer.totalInFlight }
    private var latency: Duration? { balancer.latency(of: 0, at: time.now) }

    @Test("an answer ends the lease with its latency")
    func answer() async throws {
        let source = balanced { [time, balancer] request, endpoint, _ in
            #expect(balancer.totalInFlight == 1)
            time.advance(by: .milliseconds(20))
            return "\(request) from \(endpoint)"
        }
        let attempt = await source.attempt("a", context: context)
        #expect(try attempt.result.get() == "a from 10.0.0.0:80")
        #expect(attempt.outcome == .success)
        #expect(attempt.address == .number(0))
        #expect(attempt.duration == .milliseconds(20))
        #expect(inFlight == 0)
        #expect(latency == .milliseconds(20))
        #expect(tracker[0].recorded == [.success])
    }

    /// Finds the report in the trailers only, as gRPC sends it.
    private struct ReadsTrailers: Classifier {
        func outcome(of response: String, to request: String) -> Outcome { .success }
        func outcome(of error: any Error, for request: String) -> Outcome { .failure }
        func idempotency(of request: String) -> Idempotency { .idempotent }

        func trailingLoadReport(of response: String) -> (@Sendable () -> LoadReport?)? {
            { try? LoadReport(cpuUtilization: response == "busy" ? 0.9 : 0.1, requestsPerSecond: 100) }
        }
    }

    @Test("the report in the trailers of a response that came whole counts")
    func trailersOfWhole() async throws {
        let rule = ReportedWeights(blackoutPeriod: .zero)
        let balancer = LoadBalancer(
            policy: .reportedWeights(rule),
            endpoints: .of(2),
            clock: time.clock,
            seed: 1
        )
        let counts = Mutex([0, 0])
        let source = Balanced(
            over: balancer,
            transport: FunctionTransport { (_: String, endpoint: Endpoint, _) in
                counts.withLock { $0[endpoint.number] += 1 }
                return endpoint.number == 0 ? "busy" : "idle"
            },
            classifier: ReadsTrailers(),
            clock: time.clock
        )
        for _ in 0..<1000 {
            _ = await source.attempt("a", context: context)
            time.advance(by: .milliseconds(10))
        }
        // Nine times the load for as many requests: a ninth of the weight.
        let shares = counts.withLock { $0 }
        #expect(shares[0] < 200, "\(shares)")
    }

    @Test("what the call waited for before its attempt is not the endpoint's latency")
    func waitingBefore() async {
        let source = balanced { [time] request, _, _ in
            time.advance(by: .milliseconds(20))
            return request
        }
        var context = context
        time.advance(by: .seconds(5))
        context.attemptStartedAt = time.now
        let attempt = await source.attempt("a", context: context)
        #expect(attempt.duration == .milliseconds(20))
        #expect(latency == .milliseconds(20))
    }

    @Test("an error is a value, and charges the endpoint")
    func error() async {
        let attempt = await balanced { _, _, _ -> String in throw Broken() }.attempt("a", context: context)
        #expect(throws: Broken.self) { try attempt.result.get() }
        #expect(attempt.outcome == .failure)
        #expect(attempt.address == .number(0))
        #expect(inFlight == 0)
        #expect(latency == .seconds(1))
        #expect(tracker[0].recorded == [.failure])
    }

    @Test(
        "a caller that was cancelled, and a mesh that shuts down, say nothing about the endpoint",
        arguments: [CancellationError(), CancellationSignal.Reason.shutDown]
            as [any Error]
    )
    func inconclusive(error: any Error) async {
        let attempt = await balanced { _, _, _ -> String in throw error }.attempt("a", context: context)
        #expect(attempt.outcome.verdict == .inconclusive)
        #expect(inFlight == 0)
        #expect(latency == .zero)
        #expect(tracker[0].recorded == [.inconclusive])
    }

    @Test("a caller that is cancelled while it waits leaves nothing in flight")
    func cancelledCaller() async {
        let source = balanced { [time] _, _, _ -> String in
            try await time.clock.sleep(until: .distantFuture)
            return "never"
        }
        let context = context
        let task = Task { await source.attempt("a", context: context) }
        await time.sleepers()
        #expect(inFlight == 1)
        task.cancel()
        #expect(await task.value.outcome.verdict == .inconclusive)
        #expect(inFlight == 0)
    }

    @Test("nobody to ask is an error with a code, and no endpoint's fault")
    func nobody() async {
        let source = balanced { request, _, _ in request }
        tracker[0].set(.unavailable)
        let unavailable = await source.attempt("a", context: context)
        let error = #expect(throws: MeshError.self) { try unavailable.result.get() }
        #expect(error?.code == .unavailable)
        #expect(error?.detail == "none of 1 endpoints may be asked, 1 are ejected")
        #expect(unavailable.outcome == .inconclusive)
        #expect(unavailable.address == nil)
        balancer.update(.empty)
        let none = await source.attempt("a", context: context)
        #expect(#expect(throws: MeshError.self) { try none.result.get() }?.code == .noEndpoints)
    }

    @Test("an endpoint that failed the call is avoided")
    func avoiding() async {
        balancer.update(.of(2))
        let source = balanced { request, _, _ in request }
        var context = context
        context.avoiding = [.number(0)]
        for _ in 0..<50 {
            #expect(await source.attempt("a", context: context).address == .number(1))
        }
    }

    // MARK: Observing

    private final class Journal: AttemptObserver {
        private let entries = Mutex<[String]>([])

        func attemptStarted(number: Int) { entries.withLock { $0.append("attempt \(number)") } }

        func attemptEnded(_ end: AttemptEnd, after nanoseconds: UInt64) {
            let what =
                switch end {
                case .response(let verdict, .complete): "\(verdict)"
                case .response(let verdict, .failed): "\(verdict), broken off"
                case .response(let verdict, .dropped): "\(verdict), dropped"
                case .error: "error"
                }
            entries.withLock { $0.append("\(what) after \(nanoseconds / 1_000_000) ms") }
        }

        var all: [String] { entries.withLock { $0 } }
    }

    private func journal<Response: CallResponse, Judge: Classifier>(
        _ classifier: Judge,
        _ body: @escaping @Sendable () async throws -> Response,
        then use: (Response) -> Void = { _ in }
    ) async -> [String] where Judge.Request == String, Judge.Response == Response {
        let journal = Journal()
        let source = Balanced(
            over: balancer,
            transport: FunctionTransport<Response> { [time] _, _, _ in
                time.advance(by: .milliseconds(20))
                return try await body()
            },
            classifier: classifier,
            clock: time.clock,
            observer: journal
        )
        if case .success(let response) = await source.attempt("a", context: context).result { use(response) }
        return journal.all
    }

    @Test("an observer learns of every attempt when it begins and once when it is over, its body included")
    func observing() async {
        #expect(await journal(PlainClassifier()) { "good" } == ["attempt 1", "success after 20 ms"])
        #expect(
            await journal(PlainClassifier<String, String>()) { throw Broken() } == ["attempt 1", "error after 20 ms"]
        )
        let plain = PlainClassifier<String, StreamedResponse>()
        let read = await journal(plain) {
            StreamedResponse()
        } then: { [time] response in
            time.advance(by: .milliseconds(10))
            response.body.end(.complete)
            response.body.end(.failed(Broken()))
        }
        #expect(read == ["attempt 1", "success after 30 ms"])
        let broken = await journal(plain) {
            StreamedResponse()
        } then: {
            $0.body.end(.failed(Broken()))
        }
        #expect(broken == ["attempt 1", "success, broken off after 20 ms"])
        #expect(await journal(plain) { StreamedResponse() } == ["attempt 1", "success, dropped after 20 ms"])
        #expect(await journal(Unlucky()) { StreamedResponse() } == ["attempt 1", "overloaded, dropped after 20 ms"])
    }

    @Test("an attempt that gets no endpoint is none")
    func observingNobody() async {
        balancer.update(.empty)
        #expect(await journal(PlainClassifier()) { "good" } == [])
    }

    // MARK: Streaming

    /// The head of a response that came after 20 ms.
    private func open() async throws -> StreamedResponse {
        let source = balanced { [time] _, _, _ in
            time.advance(by: .milliseconds(20))
            return StreamedResponse()
        }
        let attempt = await source.attempt("a", context: context)
        #expect(attempt.outcome == .success)
        return try attempt.result.get()
    }

    @Test("the lease of a streamed response ends with its body; its latency was that of the head")
    func streaming() async throws {
        let response = try await open()
        #expect(inFlight == 1)
        #expect(tracker[0].recorded == [])
        time.advance(by: .seconds(30))
        response.body.end(.complete)
        response.body.end(.failed(Broken()))
        #expect(inFlight == 0)
        #expect(tracker[0].recorded == [.success])
        let latency = try #require(latency)
        #expect(abs(latency.inSeconds - 0.02) < 0.001)
    }

    @Test("a body that breaks off charges the endpoint")
    func failedBody() async throws {
        let response = try await open()
        response.body.end(.failed(Broken()))
        #expect(inFlight == 0)
        #expect(tracker[0].recorded == [.failure])
        #expect(latency == .seconds(1))
    }

    @Test("a probe whose body is read for longer than a probe may take re-admits the endpoint when its head is in")
    func streamingProbe() async throws {
        let policy = CircuitBreakerPolicy(consecutiveFailures: 1, probeTimeout: .seconds(30))
        let breakers = CircuitBreakers(policy)
        let balancer = LoadBalancer(endpoints: .of(2), health: breakers, clock: time.clock)
        let source = Balanced(
            over: balancer,
            transport: FunctionTransport { _, _, _ in StreamedResponse() },
            classifier: PlainClassifier<String, StreamedResponse>(.idempotent),
            clock: time.clock
        )
        let status = { [time] in balancer.status(at: time.now)[0] }
        try balancer.pick(at: time.now, avoiding: [.number(1)]).end(.failure, at: time.now)
        #expect(status().availability == .unavailable)
        time.advance(by: .seconds(300))
        #expect(status().availability == .probe)
        var avoiding = context
        avoiding.avoiding = [.number(1)]
        let response = try await source.attempt("a", context: avoiding).result.get()
        #expect(status().availability == .available)
        time.advance(by: .seconds(3600))
        #expect(breakers.unavailableCount == 0)
        #expect(status().inFlight == 1)
        // A body that fails after all is the failure of an ordinary call.
        response.body.end(.failed(Broken()))
        #expect(status().availability == .unavailable)
        #expect(status().inFlight == 0)
    }

    @Test("a body that its reader gave up, or that nobody read, does not")
    func droppedBody() async throws {
        try await open().body.end(.dropped)
        do { _ = try await open() }
        try await open().body.end(.failed(CancellationError()))
        #expect(inFlight == 0)
        #expect(tracker[0].recorded == [.success, .success, .inconclusive])
        #expect(try #require(latency) < .milliseconds(21))
    }

    private struct Unlucky: Classifier {
        func outcome(of response: StreamedResponse, to request: String) -> Outcome {
            Outcome(.overloaded, retryAfter: .seconds(3))
        }
        func outcome(of error: any Error, for request: String) -> Outcome { Outcome(of: error) }
        func idempotency(of request: String) -> Idempotency { .idempotent }
    }

    @Test("a head that says \"failed\" ends the lease at once: what its body does adds nothing")
    func failedHead() async throws {
        let source = Balanced(
            over: balancer,
            transport: FunctionTransport { _, _, _ in StreamedResponse() },
            classifier: Unlucky(),
            clock: time.clock
        )
        let attempt = await source.attempt("a", context: context)
        #expect(inFlight == 0)
        #expect(tracker[0].recorded == [.overloaded])
        #expect(latency == .seconds(3))
        try attempt.result.get().body.end(.complete)
        #expect(tracker[0].recorded == [.overloaded])
        #expect(inFlight == 0)
    }

    private struct Forgetful: CallResponse {
        var isOver: Bool { false }
        mutating func onEnd(_ action: @escaping @Sendable (ResponseEnd) -> Void) {}
    }

    @Test("a response that forgets to say when it ends loses the lease, but does not leak it")
    func forgetfulResponse() async {
        let attempt = await balanced { _, _, _ in Forgetful() }.attempt("a", context: context)
        #expect(attempt.outcome == .success)
        #expect(inFlight == 0)
        #expect(tracker[0].recorded == [.inconclusive])
    }

    @Test("10,000 calls, answered, failing, streamed, broken off, given up: nothing stays in flight")
    func everyWayOut() async {
        balancer.update(.of(5))
        let source = balanced { request, _, _ in
            await Task.yield()
            if request == "0" { throw Broken() }
            return StreamedResponse()
        }
        let context = context
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<10_000 {
                group.addTask {
                    guard case .success(let response) = await source.attempt("\(number % 5)", context: context).result
                    else {
                        return
                    }
                    await Task.yield()
                    switch number % 5 {
                    case 1: response.body.end(.complete)
                    case 2: response.body.end(.failed(Broken()))
                    case 3: response.body.end(.dropped)
                    default: break
                    }
                }
            }
        }
        #expect(inFlight == 0)
        let records = (0..<5).map { tracker[$0].state.withLock { ($0.admissions, $0.records.count) } }
        #expect(records.allSatisfy { $0.0 == $0.1 })
        #expect(records.reduce(0) { $0 + $1.1 } == 10_000)
    }
}

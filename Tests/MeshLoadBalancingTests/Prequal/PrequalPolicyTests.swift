import MeshCore
import MeshTesting
import Synchronization
import Testing

@testable import MeshLoadBalancing

@Suite("Picking by probes")
struct PrequalPolicyTests {
    /// Answers what it is told to.
    private final class Prober: EndpointProber {
        let answers: Mutex<[Int: ProbeResponse]>
        let asked = Mutex<[Int]>([])

        init(_ answers: [Int: ProbeResponse]) {
            self.answers = Mutex(answers)
        }

        func probe(_ endpoint: Endpoint, timeout: Duration) async -> ProbeResponse? {
            asked.withLock { $0.append(endpoint.number) }
            return answers.withLock { $0[endpoint.number] }
        }
    }

    private func answer(_ requestsInFlight: Int, _ milliseconds: Int) -> ProbeResponse {
        ProbeResponse(requestsInFlight: requestsInFlight, latency: .milliseconds(milliseconds))
    }

    @Test("calls go where the answers are best, and to anyone without answers")
    func answers() throws {
        let balancer = LoadBalancer.standing(policy: .prequal(Prequal(removalRate: 0)), endpoints: .of(10), seed: 1)
        #expect(try balancer.shares(10, picks: 2_000).allSatisfy { $0 > 100 })
        // In a fleet this small the last three answers count.
        for number in [0, 1, 2, 4, 5, 6, 7, 8, 9, 3] {
            balancer.record(answer(1, number == 3 ? 5 : 50), from: .number(number), at: .start)
        }
        #expect(try balancer.pick(at: .start).endpoint.number == 3)
        #expect(try balancer.pick(at: .start, avoiding: [.number(3)]).endpoint.number != 3)
        // What an endpoint says is of no use for longer than a second.
        let later = MeshInstant.start + .seconds(2)
        let reached = Set(try (0..<200).map { _ in try balancer.pick(at: later).endpoint.number })
        #expect(reached.count == 10)
    }

    @Test("an endpoint that fails is not chosen, however idle it says it is")
    func sinkhole() throws {
        let balancer = LoadBalancer.standing(policy: .prequal(Prequal(removalRate: 0)), endpoints: .of(4), seed: 1)
        var counts = [0, 0, 0, 0]
        for _ in 0..<400 {
            for number in 0..<4 { balancer.record(answer(0, number == 0 ? 1 : 20), from: .number(number), at: .start) }
            let lease = try balancer.pick(at: .start)
            let number = lease.endpoint.number
            counts[number] += 1
            lease.end(number == 0 ? .failure : .success, at: .start + .milliseconds(1))
        }
        #expect(counts[0] < 10, "\(counts)")
    }

    @Test("each call has three others probed, and their answers count")
    func probes() async throws {
        let prober = Prober([0: answer(0, 1), 1: answer(9, 90), 2: answer(9, 90), 3: answer(9, 90)])
        let balancer = LoadBalancer.standing(policy: .prequal, endpoints: .of(4), seed: 1)
        balancer.probe(by: prober)
        for _ in 0..<20 {
            try balancer.pick(at: .start).end(.success, at: .start)
            await Task.yield()
        }
        while prober.asked.withLock({ $0.count }) < 60 { await Task.yield() }
        #expect(prober.asked.withLock { Set($0) } == [0, 1, 2, 3])
        #expect(balancer.probeAfterPause(at: .start + .seconds(9)) == .start + .milliseconds(9_500))
        while prober.asked.withLock({ $0.count }) < 63 { await Task.yield() }
    }

    @Test("an answer that is late is dropped")
    func late() async throws {
        final class Sluggard: EndpointProber {
            let clock: ManualClock
            let asked = Mutex(0)

            init(clock: ManualClock) { self.clock = clock }

            func probe(_ endpoint: Endpoint, timeout: Duration) async -> ProbeResponse? {
                clock.advance(by: timeout + .nanoseconds(1))
                asked.withLock { $0 += 1 }
                return ProbeResponse(requestsInFlight: 0, latency: .milliseconds(endpoint.number == 1 ? 1 : 100))
            }
        }
        let clock = ManualClock(at: .start)
        let balancer = LoadBalancer(policy: .prequal, endpoints: .of(4), clock: clock.clock, seed: 1)
        let prober = Sluggard(clock: clock)
        balancer.probe(by: prober)
        for _ in 0..<20 { try balancer.pick(at: clock.now).end(.success, at: clock.now) }
        while prober.asked.withLock({ $0 }) < 60 { await Task.yield() }
        for _ in 0..<100 { await Task.yield() }
        let reached = Set(
            try (0..<100).map { _ in
                let lease = try balancer.pick(at: clock.now)
                return lease.endpoint.number
            }
        )
        #expect(reached.count == 4)
    }

    @Test("a prober that hangs is asked so often and no more, and picks that fail want few probes")
    func hanging() async throws {
        final class Hanging: EndpointProber {
            let waiting = Mutex<[CheckedContinuation<Void, Never>]>([])

            func probe(_ endpoint: Endpoint, timeout: Duration) async -> ProbeResponse? {
                await withCheckedContinuation { continuation in waiting.withLock { $0.append(continuation) } }
                return nil
            }
        }
        let tracker = ScriptedTracker()
        let balancer = LoadBalancer.standing(
            policy: .prequal,
            endpoints: .of(4),
            health: tracker,
            panicThreshold: .zero,
            seed: 1
        )
        let prober = Hanging()
        balancer.probe(by: prober)
        tracker.set(.unavailable, of: 0..<4)
        #expect(throws: PickError.self) { try balancer.pick(at: .start).end(.success, at: .start) }
        while prober.waiting.withLock({ $0.count }) < 3 { await Task.yield() }
        for _ in 0..<2000 { _ = try? balancer.pick(at: .start).end(.success, at: .start) }
        while prober.waiting.withLock({ $0.count }) < 1024 { await Task.yield() }
        for _ in 0..<1000 { await Task.yield() }
        #expect(prober.waiting.withLock { $0.count } == 1024)
        prober.waiting.withLock { waiting in
            for continuation in waiting { continuation.resume() }
            waiting = []
        }
    }

    @Test("the answers of an endpoint that left are forgotten")
    func leaving() throws {
        let balancer = LoadBalancer.standing(policy: .prequal(Prequal(removalRate: 0)), endpoints: .of(4), seed: 1)
        for number in 0..<4 { balancer.record(answer(0, number == 0 ? 1 : 20), from: .number(number), at: .start) }
        balancer.update([.number(1), .number(2), .number(3)])
        for _ in 0..<100 { #expect(try balancer.pick(at: .start).endpoint.number != 0) }
        balancer.record(answer(0, 1), from: .number(0), at: .start)
        #expect(try balancer.pick(at: .start).endpoint.number != 0)
    }

    @Test("the answer on the back of a response counts, and other policies want none")
    func piggyBack() throws {
        let balancer = LoadBalancer.standing(policy: .prequal(Prequal(removalRate: 0)), endpoints: .of(3), seed: 1)
        for number in 0..<3 {
            let lease = try balancer.pick(at: .start, avoiding: (0..<3).filter { $0 != number }.map { .number($0) })
            let wants = lease.wantsProbeResponse
            #expect(wants)
            lease.record(answer(number == 2 ? 0 : 5, number == 2 ? 1 : 50), at: .start)
        }
        #expect(try balancer.pick(at: .start).endpoint.number == 2)
        let lease = try LoadBalancer.standing(endpoints: .of(1)).pick(at: .start)
        let wants = lease.wantsProbeResponse
        #expect(!wants)
    }
}

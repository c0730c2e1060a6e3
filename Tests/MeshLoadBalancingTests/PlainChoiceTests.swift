import MeshCore
import MeshTesting
import Synchronization
import Testing

@testable import MeshLoadBalancing

@Suite struct PlainChoiceTests {
    /// All may be asked, but the count says otherwise: the balancer looks at each that it draws.
    private final class Doubted: HealthTracker {
        func track(_ endpoint: Endpoint) -> AlwaysHealthy { AlwaysHealthy() }
        var unavailableCount: Int { 1 }
    }

    @Test(
        "while all may be asked the choice is the same as with a look at each",
        arguments: [.random, .weightedRoundRobin, .leastRequest, .peakEWMA, .ringHash, .maglev]
            as [LoadBalancingPolicy],
        [1, 2, 7]
    )
    func same(policy: LoadBalancingPolicy, count: Int) throws {
        let endpoints = EndpointSet(
            EndpointSet.of(count).endpoints.enumerated().map { index, endpoint in
                Endpoint(endpoint.address, weight: UInt32(1 + index % 3))
            }
        )
        let plain = LoadBalancer.standing(policy: policy, endpoints: endpoints, seed: 9)
        // Without panic, which one of two would be.
        let careful = LoadBalancer.standing(
            policy: policy,
            endpoints: endpoints,
            health: Doubted(),
            panicThreshold: .zero,
            seed: 9
        )
        var random = SplitMix64(seed: 4)
        for step in 0..<2000 {
            let now = MeshInstant.start.advanced(by: .microseconds(100 * step))
            let key = random.next()
            let mine = try plain.pick(at: now, hashKey: key)
            let other = try careful.pick(at: now, hashKey: key)
            let (first, second) = (mine.endpoint.address, other.endpoint.address)
            try #require(first == second)
            let outcome: Outcome = key % 5 == 0 ? .failure : .success
            let end = now.advanced(by: .microseconds(Int64(key % 900)))
            mine.end(outcome, at: end)
            other.end(outcome, at: end)
        }
    }

    /// Says that nobody is ill, and refuses the first calls all the same: an ejection between the two looks.
    private final class Refusing: HealthTracker, EndpointHealth {
        private let refusals: Atomic<Int>
        init(_ refusals: Int) { self.refusals = Atomic(refusals) }

        func track(_ endpoint: Endpoint) -> Refusing { self }
        var unavailableCount: Int { 0 }
        func availability(at now: MeshInstant) -> Availability { .available }
        func admit(at now: MeshInstant) -> HealthTicket? {
            refusals.wrappingSubtract(1, ordering: .relaxed).oldValue > 0 ? nil : HealthTicket()
        }
        func record(_ outcome: Outcome, of ticket: HealthTicket, at now: MeshInstant) {}
        func update(_ endpoint: Endpoint) {}
        func retire() {}
    }

    @Test("a call that its endpoint does not admit is not counted, and goes to another")
    func refused() throws {
        let balancer = LoadBalancer.standing(endpoints: .of(3), health: Refusing(2), seed: 1)
        let lease = try balancer.pick(at: .start)
        #expect(balancer.totalInFlight == 1)
        lease.end(.success, at: .start)
        #expect(balancer.totalInFlight == 0)

        let hopeless = LoadBalancer.standing(endpoints: .of(3), health: Refusing(.max), seed: 1)
        #expect(throws: PickError.self) { _ = try hopeless.pick(at: .start) }
        #expect(hopeless.totalInFlight == 0)
    }
}

@Suite struct GlancesTests {
    private func taken(by glances: inout Glances, at now: MeshInstant) -> Int {
        var taken = 0
        for _ in 0..<40 where glances.take(at: now) { taken += 1 }
        return taken
    }

    @Test("32 glances at once, then one every 8 us")
    func rate() {
        var glances = Glances()
        let begin = MeshInstant.start.advanced(by: .seconds(1))
        #expect(taken(by: &glances, at: begin) == 32)
        var taken = 0
        for microsecond in 1...8192 where glances.take(at: begin.advanced(by: .microseconds(microsecond))) {
            taken += 1
        }
        #expect(taken == 1000)
    }

    @Test("what was not used is kept, up to 32")
    func pause() {
        var glances = Glances()
        let begin = MeshInstant.start.advanced(by: .seconds(1))
        #expect(taken(by: &glances, at: begin) == 32)
        #expect(taken(by: &glances, at: begin.advanced(by: .seconds(1))) == 32)
        #expect(taken(by: &glances, at: begin.advanced(by: .milliseconds(1001))) == 32)
    }

    @Test("an instant before the last one takes none that is not there")
    func backwards() {
        var glances = Glances()
        let begin = MeshInstant.start.advanced(by: .seconds(1))
        while glances.take(at: begin) {}
        #expect(taken(by: &glances, at: begin.advanced(by: .microseconds(-5))) == 0)
    }
}

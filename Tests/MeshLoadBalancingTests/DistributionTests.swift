import MeshCore
import TestSupport
import Testing

@testable import MeshLoadBalancing

/// In the manner of Finagle's `P2CSuite`: 100 servers, 100,000 calls, a logical clock.
@Suite("Distribution of calls", .takesTurns)
struct DistributionTests {
    @Test(
        "calls that never end are spread evenly by two choices",
        arguments: [LoadBalancingPolicy.leastRequest, .peakEWMA]
    )
    func endless(policy: LoadBalancingPolicy) throws {
        var simulation = Simulation(policy, over: .of(100), seed: 1)
        try simulation.run(picks: 100_000, every: .nanoseconds(1)) { _ in (.seconds(3_600), .success) }
        // Two choices keep the fullest within ln ln n of the mean (Berenbrink et al., "Balanced allocations: the heavily
        // loaded case", 2000).
        let counts = (0..<100).map { simulation.picks[$0] ?? 0 }
        #expect(counts.allSatisfy { abs($0 - 1_000) <= 6 }, "\(counts.min() ?? 0) to \(counts.max() ?? 0)")
        simulation.drain()
        #expect(simulation.balancer.totalInFlight == 0)
    }

    @Test("calls of equal length are spread evenly", arguments: LoadBalancingPolicy.all)
    func equal(policy: LoadBalancingPolicy) throws {
        var simulation = Simulation(policy, over: .of(100), seed: 2)
        try simulation.run(picks: 100_000, every: .microseconds(100)) { _ in (.milliseconds(20), .success) }
        let counts = (0..<100).map { simulation.picks[$0] ?? 0 }
        let isRoundRobin = policy == .weightedRoundRobin || policy == .reportedWeights
        // A call without a key goes anywhere.
        let isBlind = [.random, .ringHash, .maglev].contains(policy)
        let slack = isRoundRobin ? 1 : isBlind ? 150 : 60
        #expect(
            counts.allSatisfy { abs($0 - 1_000) <= slack },
            "\(policy.name): \(counts.min() ?? 0) to \(counts.max() ?? 0)"
        )
        simulation.drain()
        #expect(simulation.balancer.totalInFlight == 0)
    }

    @Test("peak EWMA gives the fast more than the slow, in order, and the slow something")
    func latencies() throws {
        var simulation = Simulation(over: .of(10), seed: 3)
        let answer: (Int) -> (Duration, Outcome) = { number in (.milliseconds(10 * (number + 1)), .success) }
        try simulation.run(picks: 20_000, every: .milliseconds(1), answer)
        simulation.forgetCounts()
        try simulation.run(picks: 100_000, every: .milliseconds(1), answer)
        let counts = (0..<10).map { simulation.picks[$0] ?? 0 }
        for (faster, slower) in zip(counts, counts.dropFirst()) { #expect(faster > slower, "\(counts)") }
        #expect(counts[0] > 2 * counts[9], "\(counts)")
        #expect(counts[9] > 500, "\(counts)")
    }

    @Test("one endpoint that is ten times slower gets a small part of its share")
    func oneSlow() throws {
        var simulation = Simulation(over: .of(5), seed: 4)
        try simulation.run(picks: 50_000, every: .milliseconds(1)) { number in
            (.milliseconds(number == 0 ? 200 : 20), .success)
        }
        #expect((simulation.picks[0] ?? 0) < 50_000 / 5 / 3)
    }

    @Test("an endpoint that fails fast attracts less traffic than a healthy one, not more")
    func fastFailure() throws {
        var simulation = Simulation(over: .of(10), seed: 5)
        try simulation.run(picks: 60_000, every: .milliseconds(1)) { number in
            number == 0 ? (.microseconds(200), .failure) : (.milliseconds(20), .success)
        }
        let healthy = (1..<10).map { simulation.picks[$0] ?? 0 }
        #expect((simulation.picks[0] ?? 0) * 10 < healthy.min() ?? 0, "\(simulation.picks[0] ?? 0) of \(healthy)")
    }

    @Test("an endpoint that fails every other call fast gets less, too")
    func halfFailing() throws {
        var simulation = Simulation(over: .of(10), seed: 6)
        var random = SplitMix64(seed: 1)
        try simulation.run(picks: 60_000, every: .milliseconds(1)) { number in
            number == 0 && random.next() & 1 == 0 ? (.microseconds(200), .failure) : (.milliseconds(20), .success)
        }
        let healthy = (1..<10).map { simulation.picks[$0] ?? 0 }
        #expect((simulation.picks[0] ?? 0) * 5 < healthy.min() ?? 0, "\(simulation.picks[0] ?? 0) of \(healthy)")
    }

    @Test("an endpoint that asks to be left alone is, for about as long as it asked")
    func retryAfter() throws {
        var simulation = Simulation(over: .of(3), seed: 7)
        var asked = false
        let answer: (Int) -> (Duration, Outcome) = { number in
            if number == 0, !asked {
                asked = true
                return (.milliseconds(1), Outcome(.overloaded, retryAfter: .seconds(30)))
            }
            return (.milliseconds(20), .success)
        }
        try simulation.run(picks: 1_000, every: .milliseconds(10), answer)
        simulation.forgetCounts()
        // 30 s decay to 20 ms within ln(1500) = 7.3 decays.
        try simulation.run(picks: 5_000, every: .milliseconds(10), answer)
        #expect(simulation.picks[0] == nil)
        try simulation.run(picks: 4_000, every: .milliseconds(10), answer)
        #expect((simulation.picks[0] ?? 0) > 300)
    }

    @Test("a new endpoint is tried soon, but not flooded before its first answer")
    func newcomer() throws {
        var simulation = Simulation(over: .of(10), seed: 8)
        let answer: (Int) -> (Duration, Outcome) = { _ in (.milliseconds(20), .success) }
        try simulation.run(picks: 30_000, every: .milliseconds(1), answer)
        simulation.update(.of(11))
        simulation.forgetCounts()
        // It answers only after two seconds at first.
        try simulation.run(picks: 2_000, every: .milliseconds(1)) { number in
            number == 10 ? (.seconds(2), .success) : (.milliseconds(20), .success)
        }
        #expect((simulation.peaks[10] ?? 0) >= 1)
        #expect((simulation.peaks[10] ?? 0) <= 5, "\(simulation.peaks[10] ?? 0) at once")
    }

    @Test(
        "an endpoint that was not asked for minutes is tried again, but not flooded if it hangs",
        arguments: [1.0, 5, 60]
    )
    func returner(minutes: Double) throws {
        let answer: (Int) -> (Duration, Outcome) = { _ in (.milliseconds(20), .success) }
        var simulation = Simulation(over: .of(10), seed: 10)
        try simulation.run(picks: 3_000, every: .milliseconds(1), answer)
        // The others are asked all the time, one is not.
        simulation.drain()
        let pause = Duration.seconds(Int64(minutes * 60))
        for step in 0..<50 {
            simulation.wait(.nanoseconds(pause.clampedNanoseconds / 50))
            try simulation.run(picks: step == 49 ? 200 : 20, every: .milliseconds(1), avoiding: [.number(0)], answer)
        }
        simulation.forgetCounts()
        try simulation.run(picks: 2_000, every: .milliseconds(1)) { number in
            (number == 0 ? .seconds(2) : .milliseconds(20), .success)
        }
        #expect((1...5).contains(simulation.peaks[0] ?? 0), "\(simulation.peaks[0] ?? 0) at once")
    }

    @Test("a new endpoint as good as the others soon has its share")
    func newcomersShare() throws {
        var simulation = Simulation(over: .of(10), seed: 9)
        let answer: (Int) -> (Duration, Outcome) = { _ in (.milliseconds(20), .success) }
        try simulation.run(picks: 30_000, every: .milliseconds(1), answer)
        simulation.update(.of(11))
        simulation.forgetCounts()
        try simulation.run(picks: 11_000, every: .milliseconds(1), answer)
        #expect((300...2_000).contains(simulation.picks[10] ?? 0), "\(simulation.picks[10] ?? 0) of 11,000")
    }

    // MARK: Weights

    @Test(
        "weights are honoured within 2 % where calls do not overlap",
        arguments: LoadBalancingPolicy.all,
        [[1, 3], [1, 2, 3, 4], [10, 10, 30], [2, 2, 2]] as [[UInt32]]
    )
    func weights(policy: LoadBalancingPolicy, weights: [UInt32]) throws {
        let balancer = LoadBalancer.standing(policy: policy, endpoints: .weighted(weights), seed: 17)
        let total = Double(weights.reduce(0, +))
        let shares = try balancer.shares(weights.count, picks: 200_000)
        for (share, weight) in zip(shares, weights) {
            let expected = 200_000 * Double(weight) / total
            #expect(abs(Double(share) - expected) < 0.02 * expected, "\(policy.name) \(weights): \(shares)")
        }
        #expect(balancer.totalInFlight == 0)
    }

    @Test(
        "under load, calls in flight are in proportion to weights",
        arguments: [LoadBalancingPolicy.leastRequest, .peakEWMA]
    )
    func weightsUnderLoad(policy: LoadBalancingPolicy) throws {
        let weights: [UInt32] = [1, 2, 3, 4, 1, 2, 3, 4]
        var simulation = Simulation(policy, over: .weighted(weights), seed: 18)
        // 400 calls in flight: 20 for each unit of weight.
        try simulation.run(picks: 50_000, every: .microseconds(50)) { _ in (.milliseconds(20), .success) }
        for (number, weight) in weights.enumerated() {
            let share = Double(simulation.picks[number] ?? 0)
            #expect(
                abs(share - 2_500 * Double(weight)) < 0.06 * 2_500 * Double(weight),
                "\(policy.name) \(weight): \(share)"
            )
        }
    }

    @Test("an endpoint of weight 0 is never picked", arguments: LoadBalancingPolicy.all)
    func weightZero(policy: LoadBalancingPolicy) throws {
        let balancer = LoadBalancer.standing(policy: policy, endpoints: .weighted([0, 1, 0, 2, 0]), seed: 19)
        let shares = try balancer.shares(5, picks: 10_000)
        #expect([shares[0], shares[2], shares[4]] == [0, 0, 0])
        #expect(shares[1] > 3_000 && shares[3] > 6_000)
        #expect(balancer.endpointCount == 5)
    }

    @Test("without an endpoint of any weight there is nobody to pick", arguments: LoadBalancingPolicy.all)
    func noEndpoints(policy: LoadBalancingPolicy) {
        for set in [EndpointSet.empty, .weighted([0, 0])] {
            let balancer = LoadBalancer.standing(policy: policy, endpoints: set)
            #expect(throws: PickError.noEndpoints) { try balancer.pick(at: .start).end(.success, at: .start) }
            #expect(balancer.totalInFlight == 0)
        }
    }

    @Test("any number of endpoints works", arguments: LoadBalancingPolicy.all, [1, 2, 3, 10_000])
    func counts(policy: LoadBalancingPolicy, count: Int) throws {
        let balancer = LoadBalancer.standing(policy: policy, endpoints: .of(count), seed: 20)
        let picks = max(12 * count, 3_000)
        let shares = try balancer.shares(count, picks: picks)
        #expect(shares.reduce(0, +) == picks)
        #expect(shares.count { $0 == 0 } <= count / 1_000)
        if count <= 3 { #expect(shares.allSatisfy { abs($0 - picks / count) < picks / 10 }, "\(shares)") }
    }

    @Test("of endpoints with one address the first counts", arguments: LoadBalancingPolicy.all)
    func duplicates(policy: LoadBalancingPolicy) throws {
        let set = EndpointSet([.number(0), .number(1), .number(0, weight: 1_000), .number(1), .number(0)])
        let balancer = LoadBalancer.standing(policy: policy, endpoints: set, seed: 21)
        #expect(balancer.endpointCount == 2)
        let shares = try balancer.shares(2, picks: 10_000)
        #expect(shares.allSatisfy { abs($0 - 5_000) < 300 })
    }

    @Test("the same seed picks the same endpoints", arguments: LoadBalancingPolicy.all)
    func reproducible(policy: LoadBalancingPolicy) throws {
        func sequence() throws -> [Int] {
            let balancer = LoadBalancer.standing(policy: policy, endpoints: .weighted([1, 2, 3, 4, 5]), seed: 22)
            return try (0..<100).map { _ in
                let lease = try balancer.pick(at: .start)
                return lease.endpoint.number
            }
        }
        #expect(try sequence() == sequence())
    }
}

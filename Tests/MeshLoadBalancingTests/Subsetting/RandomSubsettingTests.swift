import MeshCore
import MeshTesting
import Testing

@testable import MeshLoadBalancing

@Suite("Random subsetting")
struct RandomSubsettingTests {
    private func balancer(
        _ set: EndpointSet,
        size: Int,
        seed: UInt64?,
        policy: LoadBalancingPolicy = .random,
        balancerSeed: UInt64? = 1
    ) -> LoadBalancer {
        LoadBalancer(
            policy: policy,
            endpoints: set,
            routing: EndpointRouting(subsetting: .random(RandomSubsetting(size: size, seed: seed))),
            clock: ManualClock(at: .start).clock,
            seed: balancerSeed
        )
    }

    @Test(
        "the endpoints whose XXH64 with the seed is lowest are drawn",
        arguments: [
            // The order of 10.0.0.0:80 to 10.0.0.11:80 by the reference implementation (python-xxhash).
            (0, [1, 6, 8, 10, 9, 4, 5, 7, 0, 2, 3, 11]), (1, [5, 2, 10, 9, 4, 7, 1, 6, 11, 0, 3, 8]),
            (0xDEAD_BEEF, [11, 10, 9, 5, 8, 0, 7, 4, 2, 3, 6, 1]),
        ] as [(UInt64, [Int])]
    )
    func vectors(seed: UInt64, order: [Int]) throws {
        for size in [1, 3, 5, 11, 12, 20] {
            let balancer = balancer(.of(12), size: size, seed: seed)
            #expect(balancer.selectedNumbers == Set(order.prefix(size)))
            #expect(try balancer.reached() == Set(order.prefix(size)))
        }
    }

    @Test("an endpoint that comes or goes changes at most one of those of an instance")
    func churn() {
        for seed in 0..<200 as Range<UInt64> {
            let balancer = balancer(.of(100), size: 20, seed: seed)
            let before = balancer.selectedNumbers
            #expect(before.count == 20)
            balancer.update(.of(101))
            let more = balancer.selectedNumbers
            #expect(more.count == 20 && more.subtracting(before).isSubset(of: [100]))
            balancer.update(EndpointSet(EndpointSet.of(101).endpoints.filter { $0.number != Int(seed % 100) }))
            let fewer = balancer.selectedNumbers
            #expect(fewer.count == 20 && fewer.subtracting(more).count <= 1)
        }
    }

    @Test("instances have endpoints of their own, which a seed of the balancer reproduces")
    func seeds() {
        let sets = (0..<50).map { balancer(.of(100), size: 20, seed: nil, balancerSeed: $0).selectedNumbers }
        #expect(Set(sets).count == 50)
        #expect(balancer(.of(100), size: 20, seed: nil, balancerSeed: 7).selectedNumbers == sets[7])
        let unseeded = (0..<3).map { _ in balancer(.of(100), size: 20, seed: nil, balancerSeed: nil).selectedNumbers }
        #expect(Set(unseeded).count == 3)
    }

    @Test("weights hold among those that were drawn", arguments: [LoadBalancingPolicy.random, .weightedRoundRobin])
    func weights(policy: LoadBalancingPolicy) throws {
        let balancer = balancer(.weighted([1, 2, 3, 4, 0, 5, 6, 7, 8]), size: 4, seed: 3, policy: policy)
        let shares = try balancer.shares(9, picks: 40_000)
        let selected = balancer.selectedNumbers
        #expect(selected.count == 4 && !selected.contains(4))
        let weights: [Int: Double] = [0: 1, 1: 2, 2: 3, 3: 4, 5: 5, 6: 6, 7: 7, 8: 8]
        let total = selected.reduce(0) { $0 + (weights[$1] ?? 0) }
        for number in selected {
            let expected = 40_000 * (weights[number] ?? 0) / total
            #expect(abs(Double(shares[number]) - expected) < 0.05 * expected, "\(shares)")
        }
    }
}

extension LoadBalancer {
    /// The numbers of the endpoints that subsetting leaves.
    var selectedNumbers: Set<Int> {
        Set(status(at: .start).lazy.filter { $0.isSelected && $0.endpoint.takesCalls }.map(\.endpoint.number))
    }

    /// The numbers of the endpoints that some calls reach.
    func reached(_ picks: Int = 2_000, subset: EndpointSubset? = nil) throws -> Set<Int> {
        var keys = SplitMix64(seed: 9)
        return Set(
            try (0..<picks).map { _ in
                try pick(at: .start, hashKey: keys.next(), subset: subset).endpoint.number
            }
        )
    }
}

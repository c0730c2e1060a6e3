import MeshCore
import MeshLoadBalancing
import MeshTesting
import TestSupport
import Testing

@Suite("The conformance kit of load balancing", .offThePool)
struct LoadBalancingConformanceTests {
    @Test(
        "every policy obeys every rule",
        arguments: [
            .random, .weightedRoundRobin, .reportedWeights, .leastRequest, .peakEWMA,
            .maglev, .prequal, .ringHash(RingHash(minimumRingSize: 65_536)), .leastRequest(LeastRequest(choices: 5)),
            .leastRequest(LeastRequest(activeRequestBias: 1)),
        ] as [LoadBalancingPolicy]
    )
    func conformance(policy: LoadBalancingPolicy) throws {
        // A ring is as even as it has places: a standard deviation of 4 % here.
        let tolerance = policy.name == "ring_hash" ? 0.2 : 0.1
        try LoadBalancingConformance(policy, tolerance: tolerance).check()
    }

    @Test(
        "policies obey the rules where endpoints are left to each instance",
        arguments: [.peakEWMA, .leastRequest, .random] as [LoadBalancingPolicy]
    )
    func subsetting(policy: LoadBalancingPolicy) throws {
        // The only instance has the whole ring, and no aperture that grows is needed.
        let alone = Aperture(coordinate: try ProcessCoordinate(instance: 0, of: 1))
        try LoadBalancingConformance(policy, routing: EndpointRouting(subsetting: .aperture(alone))).check()
        // One of three has a third of them, and of ten or fewer all.
        let third = Aperture(coordinate: try ProcessCoordinate(instance: 1, of: 3))
        let partial: Set<LoadBalancingRule> = [.equalEndpointsShareAlike, .tenThousandEndpoints]
        for subsetting in [Subsetting.aperture(third), .random] {
            let kit = LoadBalancingConformance(
                policy,
                routing: EndpointRouting(subsetting: subsetting),
                exempt: partial
            )
            try kit.check()
            #expect(
                Set(LoadBalancingConformance(policy, routing: kit.routing).report().violations.map(\.rule)) == partial
            )
        }
    }

    @Test("a policy that does not listen to what endpoints say is found out")
    func deaf() {
        // With reports that never count, or more answers wanted than there can be, weights decide.
        let deaf: [LoadBalancingPolicy] = [
            .reportedWeights(ReportedWeights(blackoutPeriod: .seconds(20), expirationPeriod: .seconds(10))),
            .prequal(Prequal(minimumPoolSize: 16)),
        ]
        for policy in deaf {
            let kit = LoadBalancingConformance(policy, exempt: [.equalEndpointsShareAlike, .tenThousandEndpoints])
            #expect(kit.report().violations.map(\.rule) == [.honoursWeights, .weightZeroGetsNothing])
        }
    }

    @Test("a policy of one's own is examined, and what it breaks is said")
    func custom() throws {
        let first = CustomPolicy("first") { choices, _ in choices.indices.first { choices.mayAsk($0) } }
        let report = LoadBalancingConformance(.custom(first)).report()
        let broken: Set<LoadBalancingRule> = [
            .equalEndpointsShareAlike, .honoursWeights, .weightZeroGetsNothing, .unavailableGetsNothing, .growingSet,
            .shrinkingSet, .duplicatesCountOnce, .tenThousandEndpoints,
        ]
        #expect(Set(report.violations.map(\.rule)) == broken)
        try LoadBalancingConformance(.custom(first), exempt: broken).check()
        let error = #expect(throws: LoadBalancingConformanceError.self) {
            try LoadBalancingConformance(.custom(first)).check()
        }
        #expect(
            "\(try #require(error))".hasPrefix("first violates 8 of 14 rules:\n- equalEndpointsShareAlike: endpoint 0")
        )
    }

    @Test("a policy of one's own sees weights, load and latency, and may be as good as ours")
    func goodCustom() throws {
        let mine = CustomPolicy("mine") { choices, random in
            let total = choices.indices.reduce(0) { $0 + UInt64(choices.endpoint($1).weight) }
            var number = random.next() % total
            return choices.indices.first { index in
                let weight = UInt64(choices.endpoint(index).weight)
                defer { number = number < weight ? .max : number - weight }
                return number < weight && choices.inFlight(index) >= 0 && choices.latency(index) >= .zero
            }
        }
        try LoadBalancingConformance(.custom(mine), exempt: [.tenThousandEndpoints]).check()
        #expect(LoadBalancingPolicy.custom(mine) == .custom(CustomPolicy("mine") { _, _ in nil }))
    }
}

import MeshCore
import MeshTesting
import Testing

@testable import MeshLoadBalancing

@Suite("Bounded loads")
struct BoundedLoadTests {
    private let tracker = ScriptedTracker()

    private static let policies: [LoadBalancingPolicy] = [
        .maglev(Maglev(balanceFactor: 125)), .ringHash(RingHash(balanceFactor: 125)),
    ]

    private func balancer(
        _ policy: LoadBalancingPolicy,
        _ set: EndpointSet,
        _ routing: EndpointRouting = EndpointRouting()
    ) -> LoadBalancer {
        let clock = ManualClock(at: .start).clock
        return LoadBalancer(policy: policy, endpoints: set, health: tracker, routing: routing, clock: clock, seed: 1)
    }

    private func hold(_ balancer: LoadBalancer, _ count: Int, subset: EndpointSubset? = nil) throws -> [HeldLease] {
        try (0..<count).map { _ in HeldLease(try balancer.pick(at: .start, hashKey: 42, subset: subset)) }
    }

    private func loads(_ balancer: LoadBalancer) -> [Int] { balancer.status(at: .start).map(\.inFlight) }

    @Test(
        "an endpoint has at most its share of all calls times the factor, rounded up",
        arguments: [
            // calls of the endpoint, of all; weight, of all; factor
            (0, 0, 1, 10, 100, true), (1, 1, 1, 10, 125, false), (1, 9, 1, 10, 125, true), (11, 95, 1, 10, 125, true),
            (12, 95, 1, 10, 125, false), (39, 99, 4, 10, 100, true), (40, 99, 4, 10, 100, false),
        ] as [(Int, Int, Double, Double, Int, Bool)]
    )
    func formula(calls: Int, total: Int, weight: Double, totalWeight: Double, factor: Int, expected: Bool) {
        var load = BoundedLoad()
        load.add(calls: total, weight: totalWeight)
        #expect(load.hasRoom(calls, weight: weight, factor: factor) == expected)
    }

    @Test("somebody has room, whatever the weights and the calls", arguments: [100, 101, 125, 200])
    func room(factor: Int) {
        var random = SplitMix64(seed: UInt64(factor))
        for _ in 0..<2_000 {
            let endpoints = (0...random.next() % 20).map { _ in
                let weight = Float(random.next() % 1_000 + 1) / 999
                return (calls: Int(random.next() % 50), weight: 1 / Double(weight))
            }
            var load = BoundedLoad()
            for endpoint in endpoints { load.add(calls: endpoint.calls, weight: endpoint.weight) }
            #expect(endpoints.contains { load.hasRoom($0.calls, weight: $0.weight, factor: factor) })
        }
    }

    @Test("calls to another priority are not room in this one", arguments: policies)
    func priorities(policy: LoadBalancingPolicy) throws {
        let second = (0..<2).map { Endpoint.number(10 + $0, priority: 1) }
        let first = (0..<10).map { Endpoint.number($0) }
        let balancer = balancer(policy, EndpointSet(first + second))
        // The first priority is away for a while, and calls to the second hang.
        tracker.set(.unavailable, of: 0..<10)
        let hanging = try hold(balancer, 100)
        #expect(loads(balancer).suffix(2).reduce(0, +) == 100)
        tracker.set(.available, of: 0..<10)
        let leases = try hold(balancer, 40)
        // 125 % of four.
        #expect(loads(balancer).prefix(10).allSatisfy { $0 <= 5 }, "\(loads(balancer))")
        for lease in hanging + leases { lease.end(.success, at: .start) }
    }

    @Test("a subset has a bound of its own", arguments: policies)
    func subsets(policy: LoadBalancingPolicy) throws {
        let set = EndpointSet(
            (0..<12).map { Endpoint(.number($0), metadata: ["version": $0 < 4 ? "v2" : "v1"]) }
        )
        let balancer = balancer(policy, set, EndpointRouting(subsets: SubsetRules(keys: [["version"]])))
        let others = try hold(balancer, 80, subset: ["version": "v1"])
        let leases = try hold(balancer, 40, subset: ["version": "v2"])
        #expect(loads(balancer).prefix(4).allSatisfy { $0 <= 13 }, "\(loads(balancer))")
        #expect(loads(balancer).suffix(8).allSatisfy { $0 <= 13 }, "\(loads(balancer))")
        for lease in others + leases { lease.end(.success, at: .start) }
    }

    @Test("what ejected endpoints leave is shared by the others", arguments: policies)
    func ejected(policy: LoadBalancingPolicy) throws {
        let balancer = balancer(policy, .of(10), EndpointRouting(panicThreshold: .zero))
        // Calls to those that will be ejected hang.
        let hanging = try hold(balancer, 100)
        tracker.set(.unavailable, of: 0..<6)
        let before = loads(balancer).suffix(4).reduce(0, +)
        let leases = try hold(balancer, 100)
        let most = Int((1.25 * Double(before + 100) / 4).rounded(.up))
        #expect(loads(balancer).suffix(4).allSatisfy { $0 <= most }, "\(loads(balancer)), at most \(most)")
        #expect(loads(balancer).suffix(4).reduce(0, +) == before + 100)
        // The owner of the key is as full as it may be, and the calls that are too many go in the order of the key.
        #expect(loads(balancer).suffix(4).contains(most), "\(loads(balancer)), at most \(most)")
        for lease in hanging + leases { lease.end(.success, at: .start) }
    }

    @Test("weights count for the bound, too", arguments: policies)
    func weights(policy: LoadBalancingPolicy) throws {
        let balancer = balancer(policy, .weighted([4, 2, 1, 1]))
        let leases = try hold(balancer, 80)
        for (load, weight) in zip(loads(balancer), [4, 2, 1, 1]) {
            #expect(Double(load) <= (1.25 * 80 * Double(weight) / 8).rounded(.up), "\(loads(balancer))")
        }
        for lease in leases { lease.end(.success, at: .start) }
    }

    @Test("a bound holds in panic, among all", arguments: policies)
    func panic(policy: LoadBalancingPolicy) throws {
        let balancer = balancer(policy, .of(10))
        tracker.set(.unavailable, of: 0..<8)
        let leases = try hold(balancer, 100)
        #expect(loads(balancer).allSatisfy { $0 <= 13 }, "\(loads(balancer))")
        for lease in leases { lease.end(.success, at: .start) }
    }

    @Test("a full endpoint is not room that others could use", arguments: policies)
    func ceiling(policy: LoadBalancingPolicy) throws {
        let balancer = balancer(
            policy,
            .weighted([100] + Array(repeating: 1, count: 9)),
            EndpointRouting(maximumInFlight: 5)
        )
        let leases = try hold(balancer, 50)
        #expect(loads(balancer) == Array(repeating: 5, count: 10))
        for lease in leases { lease.end(.success, at: .start) }
    }

    @Test("the bound is that of the calls of the moment, not of a while ago", arguments: policies)
    func later(policy: LoadBalancingPolicy) throws {
        let balancer = balancer(policy, .of(10))
        for lease in try hold(balancer, 200) { lease.end(.success, at: .start) }
        let later = MeshInstant.start + .milliseconds(1)
        let leases = try (0..<20).map { _ in HeldLease(try balancer.pick(at: later, hashKey: 42)) }
        #expect(loads(balancer).allSatisfy { $0 <= 3 }, "\(loads(balancer))")
        for lease in leases { lease.end(.success, at: later) }
    }

    @Test("a table of a subset is made when a call asks for it, and renewed with the set", arguments: policies)
    func lazyTables(policy: LoadBalancingPolicy) throws {
        let nodes = ContiguousArray(
            (0..<6).map { number in
                EndpointNode(
                    endpoint: Endpoint(.number(number), metadata: ["version": "v\(number % 2)"]),
                    state: EndpointState(
                        health: ScriptedHealth(),
                        latency: PeakEWMA().initial(at: .start),
                        name: "\(number)",
                        at: .start
                    ),
                    in: EndpointNode.Surroundings(policy: policy, stripes: 1) { _ in }
                )
            }
        )
        let routing = EndpointRouting(subsets: SubsetRules(keys: [["version"]]))
        func isMade(_ snapshot: EndpointSnapshot, _ subset: EndpointSubset?) -> Bool? {
            snapshot.narrowed(to: subset)?.levels[0].everywhere.table?.isMade
        }
        let first = EndpointSnapshot(nodes, policy: policy, routing: routing)
        #expect(isMade(first, nil) == false)
        first.prepareTables(after: EndpointSnapshot([], policy: policy, routing: routing))
        #expect(isMade(first, nil) == true)
        #expect(isMade(first, ["version": "v0"]) == false)
        #expect(first.narrowed(to: ["version": "v0"])?.levels[0].everywhere.table?.first(for: 7) { _ in true } != nil)
        let second = EndpointSnapshot(nodes, policy: policy, routing: routing)
        second.prepareTables(after: first)
        #expect(isMade(second, ["version": "v0"]) == true)
        #expect(isMade(second, ["version": "v1"]) == false)
    }
}

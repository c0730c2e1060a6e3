import MeshCore
import MeshTesting
import Testing

@testable import MeshLoadBalancing

@Suite("Routing before the policy")
struct RoutingTests {
    private let tracker = ScriptedTracker(readmits: true)
    private let time = ManualClock(at: .start)

    private func balancer(
        _ policy: LoadBalancingPolicy = .random,
        _ set: EndpointSet,
        _ routing: EndpointRouting
    ) -> LoadBalancer {
        LoadBalancer(policy: policy, endpoints: set, health: tracker, routing: routing, clock: time.clock, seed: 3)
    }

    // MARK: Slow start

    @Test(
        "the weight of a new endpoint rises from a tenth, in a line or a curve",
        arguments: [
            (0.0, 1.0, 0.1), (0.05, 1, 0.1), (0.5, 1, 0.5), (0.9, 1, 0.9), (1, 1, 1), (7, 1, 1), (0.25, 2, 0.5),
            (0.5, 0.5, 0.25),
        ]
    )
    func slowStart(progress: Double, aggression: Double, expected: Double) {
        let rule = SlowStart(window: .seconds(10), aggression: aggression)
        let factor = rule.factor(since: .start, at: .start + .seconds(10) * progress)
        #expect(abs(Double(factor) - expected) < 1e-6)
    }

    @Test(
        "a new endpoint gets its share by and by, under every policy",
        arguments: [.random, .weightedRoundRobin, .leastRequest, .peakEWMA(PeakEWMA(defaultLatency: .zero))]
            as [LoadBalancingPolicy]
    )
    func newEndpoint(policy: LoadBalancingPolicy) throws {
        let balancer = balancer(policy, .of(9), EndpointRouting(slowStart: SlowStart(window: .seconds(10))))
        time.advance(by: .seconds(20))
        balancer.update(.of(10))
        func share() throws -> Double {
            var count = 0
            for _ in 0..<20_000 where try balancer.pick(at: time.now).endpoint.number == 9 { count += 1 }
            return Double(count) / 2_000
        }
        let shares = try (0..<4).map { _ in
            defer { time.advance(by: .seconds(4)) }
            return try share()
        }
        // Of what is its own in the end: an idle endpoint is drawn that often, and two are drawn where two are compared.
        #expect(abs(shares[0] - 0.1) < 0.06, "\(shares)")
        #expect(shares[1] > 0.3 && shares[1] < 0.6, "\(shares)")
        #expect(shares[2] > 0.65 && shares[2] < 1, "\(shares)")
        #expect(abs(shares[3] - 1) < 0.12, "\(shares)")
    }

    @Test("an endpoint that was re-admitted starts slowly again")
    func readmitted() throws {
        let balancer = balancer(
            .leastRequest,
            .of(5),
            EndpointRouting(panicThreshold: .zero, slowStart: SlowStart(window: .seconds(10)))
        )
        time.advance(by: .seconds(20))
        tracker[0].set(.probe)
        while true {
            let lease = try balancer.pick(at: time.now)
            let isProbe = lease.isProbe
            lease.end(.success, at: time.now)
            if isProbe { break }
        }
        tracker[0].set(.available)
        var count = 0
        for _ in 0..<10_000 where try balancer.pick(at: time.now).endpoint.number == 0 { count += 1 }
        #expect(count > 50 && count < 500, "\(count)")
        time.advance(by: .seconds(10))
        count = 0
        for _ in 0..<10_000 where try balancer.pick(at: time.now).endpoint.number == 0 { count += 1 }
        #expect(abs(count - 2_000) < 200, "\(count)")
    }

    @Test("endpoints that are all new share alike")
    func allNew() throws {
        let balancer = balancer(.random, .of(4), EndpointRouting(slowStart: SlowStart(window: .seconds(10))))
        let shares = try balancer.shares(4, picks: 8_000)
        #expect(shares.allSatisfy { abs($0 - 2_000) < 200 }, "\(shares)")
    }

    // MARK: Ceiling

    @Test(
        "an endpoint that is full is passed over; when all are, the error says so",
        arguments: LoadBalancingPolicy.all
    )
    func ceiling(policy: LoadBalancingPolicy) throws {
        let balancer = balancer(policy, .of(3), EndpointRouting(maximumInFlight: 2))
        var leases = try (0..<6).map { _ in HeldLease(try balancer.pick(at: .start)) }
        #expect(balancer.status(at: .start).map(\.inFlight) == [2, 2, 2])
        let error = #expect(throws: PickError.full(total: 3, ceiling: 2)) {
            try balancer.pick(at: .start).end(.success, at: .start)
        }
        #expect("\(try #require(error))" == "each of 3 endpoints that may be asked has 2 calls in flight, its most")
        leases.removeLast().end(.success, at: .start)
        leases.append(HeldLease(try balancer.pick(at: .start)))
        #expect(balancer.totalInFlight == 6)
        // Panic is no reason to overload.
        tracker.set(.unavailable, of: 0..<2)
        #expect(throws: PickError.full(total: 1, ceiling: 2)) {
            try balancer.pick(at: .start).end(.success, at: .start)
        }
        for lease in leases { lease.end(.success, at: .start) }
        #expect(balancer.totalInFlight == 0)
    }

    @Test("an ejected endpoint is no refuge from full ones", arguments: LoadBalancingPolicy.all)
    func fullIsNotIll(policy: LoadBalancingPolicy) throws {
        let balancer = balancer(policy, .of(4), EndpointRouting(maximumInFlight: 1))
        tracker.set(.unavailable, of: [2])
        let leases = try (0..<3).map { _ in HeldLease(try balancer.pick(at: .start)) }
        #expect(balancer.status(at: .start).map(\.inFlight) == [1, 1, 0, 1])
        #expect(throws: PickError.full(total: 3, ceiling: 1)) {
            try balancer.pick(at: .start).end(.success, at: .start)
        }
        for lease in leases { lease.end(.success, at: .start) }
    }

    @Test("the ceiling holds however many threads pick at once")
    func ceilingOfThreads() async throws {
        let balancer = LoadBalancer(policy: .random, endpoints: .of(2), routing: EndpointRouting(maximumInFlight: 3))
        await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    var most = 0
                    for _ in 0..<2_000 {
                        guard let lease = try? balancer.pick(at: .start) else { continue }
                        most = max(most, balancer.status(at: .start).map(\.inFlight).max() ?? 0)
                        lease.end(.success, at: .start)
                    }
                    return most
                }
            }
            // A pick that finds the place taken is counted until it sees that.
            for await most in group { #expect(most <= 3 + 8) }
        }
        #expect(balancer.totalInFlight == 0)
    }

    @Test("a key stays where it lives in panic", arguments: [LoadBalancingPolicy.ringHash, .maglev])
    func panicByKey(policy: LoadBalancingPolicy) throws {
        let balancer = balancer(policy, .of(10), EndpointRouting())
        tracker.set(.unavailable, of: 0..<8)
        let owners = Set(
            try (0..<50).map { _ in
                let lease = try balancer.pick(at: .start, hashKey: 42)
                return lease.endpoint.number
            }
        )
        #expect(owners.count == 1)
    }

    @Test("the late success of a probe whose place another took starts nothing anew")
    func supersededProbe() throws {
        let slowStart = SlowStart(window: .seconds(100))
        let balancer = balancer(.random, .of(2), EndpointRouting(slowStart: slowStart))
        let warm = MeshInstant.start + .seconds(1000)
        tracker[0].set(.probe)
        let probe = HeldLease(try balancer.pick(at: warm, avoiding: [.number(1)]))
        // Another probe has re-admitted it.
        tracker[0].set(.available)
        probe.end(.success, at: warm)
        let counts = try (0..<1000).reduce(into: [0, 0]) { counts, _ in
            let lease = try balancer.pick(at: warm)
            counts[lease.endpoint.number] += 1
        }
        #expect(counts[0] > 400, "\(counts)")
    }

    @Test("a slow start from nothing asks all the same", arguments: LoadBalancingPolicy.all)
    func slowStartFromNothing(policy: LoadBalancingPolicy) throws {
        let slowStart = SlowStart(window: .seconds(100), minimum: .zero)
        let balancer = balancer(policy, .of(3), EndpointRouting(slowStart: slowStart))
        let reached = Set(
            try (0..<300).map { key in
                let lease = try balancer.pick(at: .start, hashKey: XXH64.hash(UInt64(key)))
                return lease.endpoint.number
            }
        )
        #expect(reached.count == 3)
    }

    @Test("a choice of one's own out of range is nobody in particular")
    func choiceOutOfRange() throws {
        let far = CustomPolicy("far") { choices, _ in choices.indices.upperBound }
        let balancer = balancer(.custom(far), .of(3), EndpointRouting())
        try balancer.pick(at: .start).end(.success, at: .start)
    }

    // MARK: Subsets

    @Test("a subset without conditions is everyone")
    func emptySubset() throws {
        let routing = EndpointRouting(subsets: SubsetRules(keys: [["version"]], default: [:]))
        let balancer = balancer(.random, versioned(), routing)
        try balancer.pick(at: .start).end(.success, at: .start)
        try balancer.pick(at: .start, subset: [:]).end(.success, at: .start)
    }

    private func versioned() -> EndpointSet {
        EndpointSet(
            (0..<6).map { number in
                Endpoint(
                    .number(number),
                    metadata: number < 2 ? ["version": "v2", "stage": "canary"] : ["version": "v1"]
                )
            }
        )
    }

    private func reached(_ balancer: LoadBalancer, _ subset: EndpointSubset?) throws -> Set<Int> {
        Set(try (0..<300).map { _ in try balancer.pick(at: .start, subset: subset).endpoint.number })
    }

    @Test("a call that asks for a subset gets one of its endpoints", arguments: LoadBalancingPolicy.all)
    func subset(policy: LoadBalancingPolicy) throws {
        let routing = EndpointRouting(subsets: SubsetRules(keys: [["version"], ["version", "stage"]]))
        let balancer = balancer(policy, versioned(), routing)
        #expect(try reached(balancer, ["version": "v2"]) == [0, 1])
        #expect(try reached(balancer, ["version": "v1"]) == [2, 3, 4, 5])
        #expect(try reached(balancer, ["stage": "canary", "version": "v2"]) == [0, 1])
        #expect(try reached(balancer, nil) == [0, 1, 2, 3, 4, 5])
        #expect(throws: PickError.noEndpointsInSubset(["version": "v3"], total: 6)) {
            try balancer.pick(at: .start, subset: ["version": "v3"]).end(.success, at: .start)
        }
        #expect(throws: PickError.noEndpointsInSubset(["stage": "canary"], total: 6)) {
            try balancer.pick(at: .start, subset: ["stage": "canary"]).end(.success, at: .start)
        }
        balancer.update(
            EndpointSet(versioned().endpoints.suffix(4) + [Endpoint(.number(9), metadata: ["version": "v3"])])
        )
        #expect(try reached(balancer, ["version": "v3"]) == [9])
    }

    @Test("a subset without endpoints falls back as configured")
    func fallback() throws {
        let any = balancer(
            .random,
            versioned(),
            EndpointRouting(subsets: SubsetRules(keys: [["version"]], fallback: .anyEndpoint))
        )
        #expect(try reached(any, ["version": "v9"]) == [0, 1, 2, 3, 4, 5])
        let stable = EndpointRouting(
            subsets: SubsetRules(keys: [["version"]], fallback: .subset(["version": "v1"]), default: ["version": "v1"])
        )
        let other = balancer(.random, versioned(), stable)
        #expect(try reached(other, ["version": "v9"]) == [2, 3, 4, 5])
        #expect(try reached(other, nil) == [2, 3, 4, 5])
        #expect(try reached(other, ["version": "v2"]) == [0, 1])
    }

    @Test("a subset has a panic of its own")
    func subsetPanic() throws {
        let balancer = balancer(.random, versioned(), EndpointRouting(subsets: SubsetRules(keys: [["version"]])))
        tracker.set(.unavailable, of: 0..<2)
        #expect(try reached(balancer, ["version": "v2"]) == [0, 1])
        #expect(try reached(balancer, ["version": "v1"]) == [2, 3, 4, 5])
    }

    // MARK: Least request

    @Test("more choices follow the load more closely", arguments: [2, 3, 10])
    func choices(count: Int) throws {
        let balancer = balancer(.leastRequest(LeastRequest(choices: count)), .of(10), EndpointRouting())
        let leases = try (0..<1_000).map { _ in HeldLease(try balancer.pick(at: .start)) }
        let loads = balancer.status(at: .start).map(\.inFlight)
        #expect((loads.max() ?? 0) - (loads.min() ?? 0) <= (count == 2 ? 6 : 4), "\(loads)")
        for lease in leases { lease.end(.success, at: .start) }
    }

    @Test("the bias says how much calls in flight count")
    func bias() throws {
        func share(_ bias: Double) throws -> Double {
            let balancer = balancer(.leastRequest(LeastRequest(activeRequestBias: bias)), .of(2), EndpointRouting())
            // Three calls in flight to one.
            let busy = try (0..<3).map { _ in HeldLease(try balancer.pick(at: .start, avoiding: [.number(1)])) }
            defer { for lease in busy { lease.end(.success, at: .start) } }
            var count = 0
            for _ in 0..<20_000 where try balancer.pick(at: .start).endpoint.number == 0 { count += 1 }
            return Double(count) / 20_000
        }
        #expect(abs(try share(0) - 0.5) < 0.02)
        // A quarter of the cases draws the busy one twice, half draws both and takes it once in five times.
        #expect(abs(try share(1) - 0.35) < 0.02)
        #expect(abs(try share(.infinity) - 0) < 0.02)
    }
}

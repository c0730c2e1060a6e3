import MeshCore
import MeshTesting
import Synchronization
import TestSupport
import Testing

@testable import MeshLoadBalancing

@Suite("Deterministic aperture", .takesTurns)
struct ApertureTests {
    private let tracker = ScriptedTracker()
    private let time = ManualClock(at: .start)

    private func balancer(
        _ policy: LoadBalancingPolicy,
        _ set: EndpointSet,
        at coordinate: (Int, Int)?,
        minimum: Int = 12,
        loadBand: LoadBand? = nil,
        seed: UInt64? = 3,
        _ change: (inout EndpointRouting) -> Void = { _ in }
    ) throws -> LoadBalancer {
        var routing = EndpointRouting(
            subsetting: .aperture(
                Aperture(
                    coordinate: try coordinate.map { try ProcessCoordinate(instance: $0.0, of: $0.1) },
                    minimum: minimum,
                    loadBand: loadBand
                )
            )
        )
        change(&routing)
        return LoadBalancer(
            policy: policy,
            endpoints: set,
            health: tracker,
            routing: routing,
            clock: time.clock,
            seed: seed
        )
    }

    // MARK: Who is inside

    @Test("under every policy only the endpoints of the arc are picked", arguments: LoadBalancingPolicy.all)
    func inside(policy: LoadBalancingPolicy) throws {
        let balancer = try balancer(policy, .of(100), at: (3, 7))
        let selected = balancer.selectedNumbers
        // A seventh of a hundred, with two edges.
        #expect(selected.count == 15 || selected.count == 16)
        #expect(try balancer.reached(20_000) == selected)
    }

    @Test("all instances together leave nobody out, and share the ring evenly")
    func together() throws {
        var loads = Array(repeating: 0, count: 50)
        var reached = Array(repeating: 0, count: 50)
        for instance in 0..<20 {
            let balancer = try balancer(.leastRequest, .of(50), at: (instance, 20), seed: UInt64(instance))
            for number in balancer.selectedNumbers { reached[number] += 1 }
            for (index, count) in try balancer.shares(50, picks: 10_000).enumerated() { loads[index] += count }
        }
        #expect(loads.allSatisfy { abs($0 - 4_000) < 300 }, "\(loads)")
        // ceil(12 × 20 / 50) = 5 of 20 arcs, and edges.
        #expect(reached.allSatisfy { (5...7).contains($0) }, "\(reached)")
    }

    @Test("the order on the ring is the same whatever the order of the set")
    func order() throws {
        for instance in 0..<5 {
            let first = try balancer(.random, .of(60), at: (instance, 5)).selectedNumbers
            let other = try balancer(.random, EndpointSet(EndpointSet.of(60).endpoints.reversed()), at: (instance, 5))
            #expect(other.selectedNumbers == first)
        }
    }

    @Test("with no more endpoints than the minimum, or one instance, all are inside")
    func all() throws {
        #expect(try balancer(.random, .of(12), at: (3, 100)).selectedNumbers.count == 12)
        #expect(try balancer(.random, .of(13), at: (3, 100)).selectedNumbers.count == 13)
        #expect(try balancer(.random, .of(500), at: (0, 1)).selectedNumbers.count == 500)
        #expect(try balancer(.random, .of(1), at: (3, 100)).selectedNumbers == [0])
        let empty = try balancer(.random, .empty, at: (3, 100))
        #expect(throws: PickError.noEndpoints) { try empty.pick(at: .start).end(.success, at: .start) }
        empty.update(.of(100))
        #expect(empty.selectedNumbers.count == 12)
    }

    @Test("while the coordinate is not known the place is drawn, and as wide as the minimum needs")
    func unknown() throws {
        let sets = try (0..<20).map { try balancer(.random, .of(1_000), at: nil, seed: $0).selectedNumbers }
        #expect(sets.allSatisfy { (12...14).contains($0.count) })
        #expect(Set(sets).count == 20)
    }

    @Test("a weight is a part of the ring, and an edge a part of a weight")
    func weights() throws {
        var shares = Array(repeating: 0.0, count: 40)
        for instance in 0..<8 {
            let weights = (0..<40).map { UInt32($0 % 4 + 1) }
            let balancer = try balancer(.random, .weighted(weights), at: (instance, 8), seed: UInt64(instance))
            for (index, count) in try balancer.shares(40, picks: 50_000).enumerated() {
                shares[index] += Double(count) / 400_000
            }
        }
        for (index, share) in shares.enumerated() {
            let expected = Double(index % 4 + 1) / 100
            #expect(abs(share - expected) < 0.12 * expected, "\(index): \(share)")
        }
    }

    @Test("what an endpoint at an edge reports counts by its part")
    func reports() throws {
        let policy = LoadBalancingPolicy.reportedWeights(ReportedWeights(blackoutPeriod: .zero))
        let balancer = try balancer(policy, .of(40), at: (1, 16), minimum: 4)
        let selected = balancer.selectedNumbers
        // From 2.5 on the ring two steps of 2.5: half of the first.
        #expect(selected.count == 6)
        let report = try LoadReport(applicationUtilization: 0.5, requestsPerSecond: 100)
        for _ in 0..<200 {
            let lease = try balancer.pick(at: time.now)
            lease.record(report, at: time.now)
        }
        time.advance(by: .seconds(20))
        var counts: [Int: Int] = [:]
        for _ in 0..<10_000 {
            let lease = try balancer.pick(at: time.now)
            lease.record(report, at: time.now)
            counts[lease.endpoint.number, default: 0] += 1
        }
        let sorted = counts.values.sorted()
        try #require(sorted.count == 6)
        #expect(abs(Double(sorted[0]) / Double(sorted[5]) - 0.5) < 0.05, "\(sorted)")
        #expect(abs(Double(sorted[1]) / Double(sorted[5]) - 1) < 0.05 || sorted.count == 6, "\(sorted)")
    }

    @Test("a policy of one's own sees the weights at the edges")
    func custom() throws {
        let seen = Mutex<[Double]>([])
        let policy = CustomPolicy("edges") { choices, _ in
            seen.withLock { $0 = choices.indices.map { choices.relativeWeight($0) } }
            return 0
        }
        _ = try balancer(.custom(policy), .of(10), at: (3, 4), minimum: 5).reached(1)
        let weights = seen.withLock { $0 }.map { $0 / 1.2 }
        #expect(weights.count == 6)
        for (weight, expected) in zip(weights, [0.5, 1, 1, 1, 1, 0.5]) { #expect(abs(weight - expected) < 1e-5) }
    }

    // MARK: Changes

    @Test("another coordinate takes other endpoints; what was learnt is kept, and nobody is drained")
    func coordinateChanges() throws {
        let drained = Mutex<[Endpoint]>([])
        let routing = EndpointRouting(
            subsetting: .aperture(Aperture(coordinate: try ProcessCoordinate(instance: 0, of: 4)))
        )
        let balancer = LoadBalancer(
            endpoints: .of(100),
            routing: routing,
            clock: time.clock,
            seed: 1,
            drained: { endpoint in drained.withLock { $0.append(endpoint) } }
        )
        let before = balancer.selectedNumbers
        let lease = HeldLease(try balancer.pick(at: .start))
        let number = try #require(balancer.status(at: .start).first { $0.inFlight == 1 }).endpoint.number
        try balancer.pick(at: .start).end(.success, at: .start + .seconds(2))
        let learnt = balancer.status(at: .start).map(\.latency)
        balancer.update(try ProcessCoordinate(instance: 2, of: 4))
        let after = balancer.selectedNumbers
        #expect(before.isDisjoint(with: after) && after.count == 25)
        #expect(try balancer.reached() == after)
        #expect(balancer.status(at: .start).map(\.latency) == learnt)
        #expect(balancer.status(at: .start).first { $0.endpoint.number == number }?.inFlight == 1)
        balancer.update(.of(100))
        #expect(balancer.selectedNumbers == after)
        lease.end(.success, at: .start)
        #expect(balancer.totalInFlight == 0)
        #expect(drained.withLock { $0 }.isEmpty)
        balancer.update(try ProcessCoordinate(instance: 0, of: 4))
        #expect(balancer.selectedNumbers == before)
        balancer.update(.of(50))
        #expect(drained.withLock { $0.count } == 50)
        #expect(balancer.selectedNumbers.count == 13 || balancer.selectedNumbers.count == 12)
    }

    @Test("a coordinate is of no consequence without an aperture")
    func noAperture() throws {
        let balancer = LoadBalancer(endpoints: .of(30), clock: time.clock, seed: 1)
        balancer.update(try ProcessCoordinate(instance: 2, of: 4))
        #expect(balancer.selectedNumbers.count == 30)
    }

    @Test("the aperture grows with the calls in flight and shrinks again")
    func adapts() throws {
        let balancer = try balancer(.leastRequest, .of(200), at: (20, 100), loadBand: LoadBand(window: .seconds(1)))
        var leases: [HeldLease] = []
        func step() throws {
            time.advance(by: .milliseconds(200))
            try balancer.pick(at: time.now).end(.success, at: time.now)
        }
        try step()
        let narrow = balancer.selectedNumbers
        #expect(narrow.count == 12)
        for _ in 0..<90 { leases.append(HeldLease(try balancer.pick(at: time.now))) }
        for _ in 0..<40 { try step() }
        let wide = balancer.selectedNumbers
        // 91 / 1.125 and the next step of two.
        #expect((80...84).contains(wide.count), "\(wide.count)")
        #expect(narrow.isSubset(of: wide))
        for lease in leases { lease.end(.success, at: time.now) }
        for _ in 0..<40 { try step() }
        #expect(balancer.selectedNumbers == narrow)
        #expect(balancer.totalInFlight == 0)
    }

    @Test("a fixed aperture does not follow the load")
    func fixed() throws {
        let balancer = try balancer(.leastRequest, .of(200), at: (20, 100))
        let leases = try (0..<500).map { _ in
            time.advance(by: .milliseconds(100))
            return HeldLease(try balancer.pick(at: time.now))
        }
        #expect(balancer.selectedNumbers.count == 12)
        for lease in leases { lease.end(.success, at: time.now) }
    }

    // MARK: Availability

    @Test("an endpoint inside that may not be asked is passed over, one outside is nobody's business")
    func unavailable() throws {
        let balancer = try balancer(.leastRequest, .of(100), at: (3, 20))
        let inside = balancer.selectedNumbers
        let outside = Set(0..<100).subtracting(inside)
        tracker.set(.unavailable, of: outside)
        #expect(try balancer.reached() == inside)
        tracker.set(.available, of: outside)
        let ejected = Set(inside.sorted().prefix(5))
        tracker.set(.unavailable, of: ejected)
        #expect(try balancer.reached() == inside.subtracting(ejected))
    }

    @Test("when fewer than half inside may be asked, as many again stand in; when those do not suffice, it is panic")
    func standIns() throws {
        let balancer = try balancer(.leastRequest, .of(200), at: (3, 100))
        let inside = balancer.selectedNumbers
        #expect(inside.count == 12)
        tracker.set(.unavailable, of: inside.sorted().prefix(7))
        let widened = try balancer.reached()
        #expect(widened.count == 12 + 12 - 7)
        #expect(widened.isSuperset(of: inside.sorted().suffix(5)))
        tracker.set(.unavailable, of: inside)
        let others = try balancer.reached()
        #expect(others == widened.subtracting(inside) && others.count == 12)
        // All of the arc and seven of those that stand in: five of them would bear the load of twelve.
        tracker.set(.unavailable, of: others.sorted().prefix(7))
        #expect(try balancer.reached() == inside)
        tracker.set(.available, of: 0..<200)
        #expect(try balancer.reached() == inside)
    }

    @Test("without panic those stand in as long as there is one, and an error counts those inside")
    func withoutPanic() throws {
        for policy in [LoadBalancingPolicy.peakEWMA, .random] {
            let balancer = try balancer(policy, .of(200), at: (3, 100)) { $0.panicThreshold = .zero }
            let inside = balancer.selectedNumbers
            tracker.set(.unavailable, of: inside.sorted().prefix(11))
            #expect(try balancer.reached() == [inside.sorted()[11]])
            tracker.set(.unavailable, of: inside)
            let others = try balancer.reached()
            #expect(others.count == 12 && others.isDisjoint(with: inside))
            tracker.set(.unavailable, of: others)
            #expect(throws: PickError.unavailable(total: 12, ejected: 12)) {
                try balancer.pick(at: .start).end(.success, at: .start)
            }
        }
    }

    @Test("a random subset has others that stand in, too")
    func randomStandIns() throws {
        let balancer = LoadBalancer(
            policy: .leastRequest,
            endpoints: .of(100),
            health: tracker,
            routing: EndpointRouting(subsetting: .random(RandomSubsetting(size: 10, seed: 4))),
            clock: time.clock,
            seed: 4
        )
        let inside = balancer.selectedNumbers
        tracker.set(.unavailable, of: inside)
        let others = try balancer.reached()
        #expect(others.count == 10 && others.isDisjoint(with: inside))
    }

    @Test("the ceiling holds inside, and an error says of how many")
    func ceiling() throws {
        let balancer = try balancer(.leastRequest, .of(100), at: (3, 100)) { $0.maximumInFlight = 1 }
        let leases = try (0..<12).map { _ in HeldLease(try balancer.pick(at: .start)) }
        #expect(balancer.status(at: .start).allSatisfy { $0.inFlight == ($0.isSelected ? 1 : 0) })
        #expect(throws: PickError.full(total: 12, ceiling: 1)) {
            try balancer.pick(at: .start).end(.success, at: .start)
        }
        for lease in leases { lease.end(.success, at: .start) }
    }

    // MARK: Groups

    @Test("each priority has an arc of its own")
    func priorities() throws {
        let set = EndpointSet((0..<80).map { .number($0, priority: $0 < 40 ? 0 : 1) })
        let balancer = try balancer(.random, set, at: (3, 20)) { $0.panicThreshold = .zero }
        let selected = balancer.selectedNumbers
        let first = selected.filter { $0 < 40 }
        #expect(first.count >= 12 && selected.count - first.count >= 12)
        #expect(try balancer.reached() == first)
        // The arc of the first priority and those that stand in for it.
        tracker.set(.unavailable, of: 0..<40)
        #expect(try balancer.reached() == selected.subtracting(first))
    }

    @Test("zones keep their sizes when each is narrowed")
    func zones() throws {
        let zones = ["a", "b", "c"].map { Locality(zone: $0) }
        let set = EndpointSet(
            (0..<350).map { number in
                Endpoint(.number(number), locality: zones[number < 50 ? 0 : number < 150 ? 1 : 2])
            }
        )
        let balancer = try balancer(.random, set, at: (3, 100)) {
            $0.localities = .zoneAware(ZoneAware(local: zones[0]))
        }
        // A seventh of the endpoints for a third of the callers: 3/7 of the calls stay, the rest goes to the large zone.
        var counts = [0, 0, 0]
        for _ in 0..<20_000 {
            let number = try balancer.pick(at: .start).endpoint.number
            counts[number < 50 ? 0 : number < 150 ? 1 : 2] += 1
        }
        #expect(abs(Double(counts[0]) / 20_000 - 3.0 / 7) < 0.02 && counts[1] == 0, "\(counts)")
        tracker.set(.unavailable, of: 349..<350)
        counts = [0, 0, 0]
        for _ in 0..<20_000 {
            let number = try balancer.pick(at: .start).endpoint.number
            counts[number < 50 ? 0 : number < 150 ? 1 : 2] += 1
        }
        #expect(abs(Double(counts[0]) / 20_000 - 3.0 / 7) < 0.06, "\(counts)")
    }

    @Test("a subset by metadata is narrowed, too")
    func subsets() throws {
        let set = EndpointSet(
            (0..<120).map { Endpoint(.number($0), metadata: ["version": $0 < 60 ? "v1" : "v2"]) }
        )
        let balancer = try balancer(.random, set, at: (3, 60)) { $0.subsets = SubsetRules(keys: [["version"]]) }
        let second = try balancer.reached(subset: ["version": "v2"])
        #expect(second.count == 12 && second.allSatisfy { $0 >= 60 })
        #expect(second.isSubset(of: balancer.selectedNumbers))
        #expect(try balancer.reached().count == 12)
        #expect(throws: PickError.noEndpointsInSubset(["version": "v3"], total: 120)) {
            try balancer.pick(at: .start, subset: ["version": "v3"]).end(.success, at: .start)
        }
    }

    // MARK: Threads

    @Test("threads pick while set and coordinate change; no call is lost and none goes to a stranger")
    func threads() async throws {
        let routing = EndpointRouting(
            subsetting: .aperture(
                Aperture(
                    coordinate: try ProcessCoordinate(instance: 0, of: 10),
                    loadBand: LoadBand(window: .microseconds(100))
                )
            )
        )
        let balancer = LoadBalancer(endpoints: .of(300), routing: routing)
        await withTaskGroup(of: Void.self) { group in
            for thread in 0..<2 {
                group.addTask {
                    var now = MeshInstant.start
                    for step in 0..<20_000 {
                        now = now + .microseconds(20)
                        guard let lease = try? balancer.pick(at: now) else {
                            Issue.record("thread \(thread) got nobody in step \(step)")
                            return
                        }
                        #expect(lease.endpoint.number < 400)
                        lease.end(.success, at: now + .microseconds(step % 7))
                    }
                }
            }
            group.addTask {
                for step in 0..<300 {
                    balancer.update(.of(200 + step % 3 * 100))
                    guard let coordinate = try? ProcessCoordinate(instance: step % 10, of: 10) else { return }
                    balancer.update(coordinate)
                }
            }
        }
        #expect(balancer.totalInFlight == 0)
        balancer.update(.of(100))
        balancer.update(try ProcessCoordinate(instance: 4, of: 10))
        let selected = balancer.selectedNumbers
        #expect(try balancer.reached(200).isSubset(of: selected))
    }
}

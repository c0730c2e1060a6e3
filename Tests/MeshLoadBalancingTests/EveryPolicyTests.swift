import MeshCore
import MeshTesting
import TestSupport
import Testing

@testable import MeshLoadBalancing

/// What ``EndpointRouting`` promises, under every policy: calls one after the other of 5 ms each, each about something else, to
/// endpoints that report their load and answer probes, all alike.
@Suite("Routing under every policy", .offThePool)
struct EveryPolicyTests {
    /// A ring with enough places for even shares.
    private static let policies = LoadBalancingPolicy.all.map { policy in
        policy == .ringHash ? .ringHash(RingHash(minimumRingSize: 65_536)) : policy
    }

    private static let custom = CustomPolicy("custom") { choices, random in
        let open = choices.indices.filter { choices.mayAsk($0) }
        return open.randomElement(using: &random)
    }

    private let tracker = ScriptedTracker(readmits: true)
    private let time = ManualClock(at: .start)

    private func traffic(_ policy: LoadBalancingPolicy, _ set: EndpointSet, _ routing: EndpointRouting) -> Traffic {
        Traffic(
            LoadBalancer(policy: policy, endpoints: set, health: tracker, routing: routing, clock: time.clock, seed: 3),
            time
        )
    }

    // MARK: Slow start

    @Test("a new endpoint gets its share by and by", arguments: policies + [.custom(custom)])
    func newEndpoint(policy: LoadBalancingPolicy) throws {
        let window = Duration.seconds(2_000)
        let traffic = traffic(policy, .of(9), EndpointRouting(slowStart: SlowStart(window: window)))
        time.advance(by: window)
        traffic.balancer.update(.of(10))
        let start = time.now
        // After the window, and at a tenth or less, a half, and nine tenths of it.
        func share(at progress: Double) throws -> Double {
            time.advance(to: start + window * progress)
            // Until everyone's latency and reports are as good as the others'.
            _ = try traffic.counts(of: 4_000)
            return Double(try traffic.counts(of: 6_000)[9, default: 0]) / 600
        }
        let shares = try [0, 0.4, 0.8, 1.1].map(share)
        // Peak EWMA asks one that it does not know yet less at first, and prefers who has rested.
        for (share, range) in zip(shares, [0.02...0.2, 0.3...0.65, 0.7...1, 0.85...1.15]) {
            #expect(range.contains(share), "\(shares)")
        }
        for (share, next) in zip(shares, shares.dropFirst()) { #expect(share < next, "\(shares)") }
    }

    @Test("an endpoint that was re-admitted starts slowly again", arguments: policies + [.custom(custom)])
    func readmitted(policy: LoadBalancingPolicy) throws {
        let window = Duration.seconds(1_000)
        let traffic = traffic(
            policy,
            .of(5),
            EndpointRouting(panicThreshold: .zero, slowStart: SlowStart(window: window))
        )
        time.advance(by: window)
        _ = try traffic.counts(of: 4_000)
        tracker[0].set(.probe)
        while tracker[0].availability(at: time.now) == .probe { _ = try traffic.counts(of: 1) }
        let start = time.now
        let early = try traffic.counts(of: 6_000)[0, default: 0]
        time.advance(to: start + window * 1.1)
        _ = try traffic.counts(of: 4_000)
        let late = try traffic.counts(of: 6_000)[0, default: 0]
        // Of 1,200 calls in the end.
        #expect((50..<300).contains(early), "\(early)")
        #expect((1_050..<1_350).contains(late), "\(late)")
    }

    // MARK: Priorities and panic

    @Test(
        "a priority of which half may be asked keeps 70 % of the calls, one of which nobody may, none",
        arguments: policies + [.custom(custom)]
    )
    func priorities(policy: LoadBalancingPolicy) throws {
        let set = EndpointSet((0..<8).map { .number($0, priority: $0 < 4 ? 0 : 1) })
        let traffic = traffic(policy, set, EndpointRouting())
        func counts(without unavailable: Range<Int>) throws -> [Int: Int] {
            tracker.set(.available, of: 0..<4)
            tracker.set(.unavailable, of: unavailable)
            time.advance(by: .seconds(1))
            return try traffic.counts(of: 8_000)
        }
        let whole = try counts(without: 0..<0)
        #expect(Set(whole.keys) == [0, 1, 2, 3])
        let half = try counts(without: 0..<2)
        #expect(Set(half.keys) == [2, 3, 4, 5, 6, 7])
        let first = Double(half[2, default: 0] + half[3, default: 0]) / 8_000
        #expect(abs(first - 0.7) < 0.02, "\(first)")
        let none = try counts(without: 0..<4)
        #expect(Set(none.keys) == [4, 5, 6, 7])
    }

    @Test(
        "below the panic threshold everyone is asked, at or above it nobody who is ill",
        arguments: policies + [.custom(custom)]
    )
    func panic(policy: LoadBalancingPolicy) throws {
        let traffic = traffic(policy, .of(8), EndpointRouting())
        tracker.set(.unavailable, of: 0..<4)
        #expect(Set(try traffic.counts(of: 2_000).keys) == [4, 5, 6, 7])
        tracker.set(.unavailable, of: 4..<5)
        #expect(try traffic.counts(of: 2_000).count == 8)
    }

    // MARK: Localities

    @Test(
        "those that take over for endpoints that stand together in the set share alike",
        arguments: policies + [.custom(custom)]
    )
    func neighbours(policy: LoadBalancingPolicy) throws {
        let traffic = traffic(policy, .of(40), EndpointRouting())
        tracker.set(.unavailable, of: 10..<30)
        let counts = try traffic.counts(of: 20_000)
        #expect(counts.count == 20)
        // A ring is as even as chance has it, and what an endpoint cannot take goes where its keys say.
        #expect((counts.values.max() ?? 0) < 1_300, "\(counts)")
        #expect((counts.values.min() ?? 0) > 700, "\(counts)")
    }

    private static let zones = (0..<3).map { Locality(region: "eu", zone: "eu-\($0)") }

    /// Four endpoints in each of three zones.
    private static let zoned = EndpointSet((0..<12).map { Endpoint(.number($0), locality: zones[$0 / 4]) })

    private func zoneShares(_ traffic: Traffic) throws -> [Double] {
        let counts = try traffic.counts(of: 9_000)
        return (0..<3).map { zone in
            let calls = (zone * 4..<zone * 4 + 4).map { counts[$0, default: 0] }
            return Double(calls.reduce(0, +)) / 9_000
        }
    }

    @Test(
        "localities get calls by their weights, and fewer while they are ill",
        arguments: policies + [.custom(custom)]
    )
    func localityWeighted(policy: LoadBalancingPolicy) throws {
        let routing = EndpointRouting(localities: .weighted([Self.zones[0]: 1, Self.zones[1]: 2]))
        let traffic = traffic(policy, Self.zoned, routing)
        for (share, expected) in zip(try zoneShares(traffic), [1.0 / 3, 2.0 / 3, 0]) {
            #expect(abs(share - expected) < 0.02)
        }
        tracker.set(.unavailable, of: 0..<2)
        time.advance(by: .seconds(1))
        // 70 % of a weight of 1, and 2.
        for (share, expected) in zip(try zoneShares(traffic), [0.7 / 2.7, 2 / 2.7, 0]) {
            #expect(abs(share - expected) < 0.02)
        }
    }

    @Test("calls stay in the zone, and leave it as far as it is ill", arguments: policies + [.custom(custom)])
    func zoneAware(policy: LoadBalancingPolicy) throws {
        let routing = EndpointRouting(localities: .zoneAware(ZoneAware(local: Self.zones[0])))
        let traffic = traffic(policy, Self.zoned, routing)
        #expect(try zoneShares(traffic) == [1, 0, 0])
        tracker.set(.unavailable, of: 0..<2)
        time.advance(by: .seconds(1))
        // 2 of 10 endpoints for a third of the callers.
        for (share, expected) in zip(try zoneShares(traffic), [0.6, 0.2, 0.2]) { #expect(abs(share - expected) < 0.02) }
        tracker.set(.unavailable, of: 2..<4)
        time.advance(by: .seconds(1))
        for (share, expected) in zip(try zoneShares(traffic), [0, 0.5, 0.5]) { #expect(abs(share - expected) < 0.02) }
    }

    @Test(
        "a key has one endpoint, however many priorities and zones share the calls",
        arguments: [LoadBalancingPolicy.ringHash, .maglev]
    )
    func keys(policy: LoadBalancingPolicy) throws {
        let set = EndpointSet(
            (0..<24).map { Endpoint(.number($0), locality: Self.zones[$0 % 3], priority: $0 < 12 ? 0 : 1) }
        )
        let weights = Dictionary(uniqueKeysWithValues: Self.zones.map { ($0, UInt32(1)) })
        let balancer = traffic(policy, set, EndpointRouting(localities: .weighted(weights))).balancer
        tracker.set(.unavailable, of: 0..<6)
        func owner(of key: UInt64) throws -> Int {
            let lease = try balancer.pick(at: time.now, hashKey: key)
            return lease.endpoint.number
        }
        var owners: [Int] = []
        for key in 0..<2_000 {
            let key = XXH64.hash(UInt64(key))
            let all = Set(try (0..<5).map { _ in try owner(of: key) })
            #expect(all.count == 1)
            owners += all
        }
        #expect(abs(Double(owners.count { $0 < 12 }) / 2_000 - 0.7) < 0.04)
        // As many as must.
        tracker.set(.available, of: 0..<1)
        time.advance(by: .seconds(1))
        let moved = try (0..<2_000).count { try owner(of: XXH64.hash(UInt64($0))) != owners[$0] }
        #expect(moved < 2_000 / 3, "\(moved)")
    }
}

/// Calls to a balancer, one after the other, each about something else.
private final class Traffic {
    let balancer: LoadBalancer
    private let time: ManualClock
    private var random = SplitMix64(seed: 11)

    init(_ balancer: LoadBalancer, _ time: ManualClock) {
        self.balancer = balancer
        self.time = time
    }

    /// How many of the calls each endpoint gets.
    func counts(of calls: Int) throws -> [Int: Int] {
        let report = try LoadReport(cpuUtilization: 0.5, requestsPerSecond: 100)
        let endpoints = balancer.status(at: time.now).map(\.endpoint.address)
        var counts: [Int: Int] = [:]
        for _ in 0..<calls {
            if case .prequal = balancer.policy {
                for _ in 0..<3 {
                    guard let address = endpoints.randomElement(using: &random) else { continue }
                    let answer = ProbeResponse(requestsInFlight: 1, latency: .milliseconds(5))
                    balancer.record(answer, from: address, at: time.now)
                }
            }
            let lease = try balancer.pick(at: time.now, hashKey: random.next())
            counts[lease.endpoint.number, default: 0] += 1
            time.advance(by: .milliseconds(5))
            if lease.wantsLoadReport(at: time.now) { lease.record(report, at: time.now) }
            lease.end(.success, at: time.now)
        }
        return counts
    }
}

import MeshCore
import MeshTesting
import Testing

@testable import MeshLoadBalancing

@Suite("Routing by locality")
struct LocalityRoutingTests {
    private static let zones = (0..<3).map { Locality(region: "eu", zone: "eu-\($0)") }

    /// Endpoints in zones: as many as said in each.
    private func set(_ counts: [Int], priority: UInt32 = 0, from first: Int = 0) -> EndpointSet {
        var number = first
        return EndpointSet(
            zip(Self.zones, counts).flatMap { zone, count in
                (0..<count).map { _ in
                    defer { number += 1 }
                    return Endpoint(.number(number), locality: zone, priority: priority)
                }
            }
        )
    }

    private func shares(
        _ set: EndpointSet,
        _ routing: EndpointRouting,
        unavailable: Int = 0,
        picks: Int = 20_000
    ) throws -> [Locality: Double] {
        let tracker = ScriptedTracker()
        let balancer = LoadBalancer(
            policy: .random,
            endpoints: set,
            health: tracker,
            routing: routing,
            clock: ManualClock(at: .start).clock,
            seed: 5
        )
        tracker.set(.unavailable, of: 0..<unavailable)
        var counts: [Locality: Int] = [:]
        for _ in 0..<picks {
            let lease = try balancer.pick(at: .start)
            counts[lease.endpoint.locality ?? Locality(), default: 0] += 1
        }
        return counts.mapValues { Double($0) / Double(picks) }
    }

    @Test(
        "weights of localities count as far as they are available",
        arguments: [(100, 33), (70, 33), (69, 32), (50, 26), (25, 15), (0, 0)]
    )
    func weighted(available: Int, percent: Int) throws {
        // Envoy's documentation, locality_weight.rst: X has weight 1, Y weight 2.
        let routing = LocalityRouting.weighted([Self.zones[0]: 1, Self.zones[1]: 2])
        let places: [(locality: Locality, available: Int, total: Int)] = [
            (Self.zones[0], available, 100), (Self.zones[1], 100, 100),
        ]
        let shares = try #require(routing.shares(of: places, overprovisioning: 140, isPanic: false))
        #expect(Int((shares[0] * 100).rounded()) == percent)
        #expect(abs(shares.reduce(0, +) - 1) < 1e-9)
    }

    @Test("a balancer follows the weights of localities, and an unnamed one gets nothing")
    func weightedPicks() throws {
        let routing = EndpointRouting(localities: .weighted([Self.zones[0]: 1, Self.zones[1]: 2]))
        let whole = try shares(set([10, 10, 10]), routing)
        #expect(abs((whole[Self.zones[0]] ?? 0) - 1.0 / 3) < 0.02)
        #expect(whole[Self.zones[2]] == nil)
        let half = try shares(set([10, 10, 10]), routing, unavailable: 5)
        #expect(abs((half[Self.zones[0]] ?? 0) - 0.26) < 0.02)
    }

    struct Example: Sendable {
        var endpoints: [Int]
        var callers: [UInt32]
        var local: [Double]?
    }

    @Test(
        "zone-aware shares",
        arguments: [
            // As many endpoints as callers everywhere: all stay.
            Example(endpoints: [4, 4, 4], callers: [1, 1, 1], local: [1, 0, 0]),
            // More endpoints here than callers: all stay.
            Example(endpoints: [6, 3, 3], callers: [1, 1, 1], local: [1, 0, 0]),
            // A quarter of the endpoints for half of the callers: half stays, the rest goes where there is room.
            Example(endpoints: [3, 6, 3], callers: [2, 1, 1], local: [0.5, 0.5, 0]),
            Example(endpoints: [2, 4, 4], callers: [2, 1, 1], local: [0.4, 0.3, 0.3]),
            // Too few endpoints, none here, or nobody who calls from here: everywhere.
            Example(endpoints: [1, 2, 2], callers: [1, 1, 1], local: nil),
            Example(endpoints: [0, 6, 6], callers: [1, 1, 1], local: nil),
            Example(endpoints: [4, 4, 4], callers: [0, 1, 1], local: nil),
        ]
    )
    func zoneAware(example: Example) {
        let rule = ZoneAware(
            local: Self.zones[0],
            callers: Dictionary(uniqueKeysWithValues: zip(Self.zones, example.callers))
        )
        let shares = rule.shares(of: zip(Self.zones, example.endpoints).map { ($0, $1) })
        #expect(shares?.count == example.local?.count)
        for (share, expected) in zip(shares ?? [], example.local ?? []) { #expect(abs(share - expected) < 1e-9) }
    }

    @Test("however callers and endpoints are spread, every endpoint gets the same when all zones call zone-aware")
    func fair() {
        var random = SplitMix64(seed: 2)
        for _ in 0..<2_000 {
            let endpoints = (0..<3).map { _ in Int.random(in: 2...20, using: &random) }
            let callers = (0..<3).map { _ in UInt32.random(in: 1...20, using: &random) }
            let origins = Dictionary(uniqueKeysWithValues: zip(Self.zones, callers))
            var loads = [0.0, 0, 0]
            for (zone, count) in zip(Self.zones, callers) {
                let rule = ZoneAware(local: zone, callers: origins)
                let total = Double(endpoints.reduce(0, +))
                let places = zip(Self.zones, endpoints).map { (zone: $0, available: $1) }
                let shares = rule.shares(of: places) ?? endpoints.map { Double($0) / total }
                for index in loads.indices {
                    loads[index] += Double(count) * shares[index] / Double(callers.reduce(0, +))
                }
            }
            let total = Double(endpoints.reduce(0, +))
            for (load, count) in zip(loads, endpoints) {
                #expect(abs(load - Double(count) / total) < 1e-9, "\(endpoints) \(callers): \(loads)")
            }
        }
    }

    @Test("a balancer keeps calls in the zone, and leaves it when the zone is lost")
    func zoneAwarePicks() throws {
        let rule = ZoneAware(local: Self.zones[0])
        let routing = EndpointRouting(localities: .zoneAware(rule))
        let home = try shares(set([4, 4, 4]), routing)
        #expect(home == [Self.zones[0]: 1])
        let lost = try shares(set([4, 4, 4]), routing, unavailable: 4)
        #expect(lost[Self.zones[0]] == nil)
        #expect(abs((lost[Self.zones[1]] ?? 0) - 0.5) < 0.02)
        // Half of the zone: 2 of 10 available, a third of the callers.
        let half = try shares(set([4, 4, 4]), routing, unavailable: 2)
        #expect(abs((half[Self.zones[0]] ?? 0) - 0.6) < 0.02)
    }
}

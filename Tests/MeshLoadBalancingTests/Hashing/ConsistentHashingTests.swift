import MeshCore
import MeshTesting
import Testing

@testable import MeshLoadBalancing

@Suite("Consistent hashing")
struct ConsistentHashingTests {
    /// Ten thousand keys.
    private static let keys = (0..<10_000).map { XXH64.hash(UInt64($0)) }

    private func owners(_ policy: LoadBalancingPolicy, _ endpoints: [Endpoint]) throws -> [Address] {
        let table = try #require(HashTable(endpoints.map { ("\($0.address)", $0.weight) }, for: policy))
        return Self.keys.map { key in endpoints[table.first(for: key) { _ in true } ?? 0].address }
    }

    private func moved(_ old: [Address], _ new: [Address]) -> Double {
        Double(zip(old, new).count { $0 != $1 }) / Double(old.count)
    }

    static let policies: [LoadBalancingPolicy] = [.maglev, .ringHash(RingHash(minimumRingSize: 16_384))]

    @Test("the same endpoints own the same keys, whatever their order", arguments: policies)
    func order(policy: LoadBalancingPolicy) throws {
        let endpoints = (0..<30).map { Endpoint.number($0, weight: UInt32($0 % 3 + 1)) }
        #expect(try owners(policy, endpoints) == owners(policy, endpoints.reversed()))
    }

    /// The share of keys that move, beside the least that must: docs/guides/load-balancing.md has this table.
    @Test(
        "few more keys move than must, when one of so many endpoints comes, goes or doubles its weight",
        arguments: policies,
        [10, 100, 1_000]
    )
    func disruption(policy: LoadBalancingPolicy, count: Int) throws {
        let endpoints = (0..<count).map { Endpoint.number($0) }
        let before = try owners(policy, endpoints)
        let without = try owners(policy, Array(endpoints.dropLast()))
        let with = try owners(policy, endpoints + [.number(count)])
        var heavier = endpoints
        heavier[0] = .number(0, weight: 2)
        let weighted = try owners(policy, heavier)
        // A ring has more or fewer places for every endpoint when there are fewer or more of them, as in Envoy.
        let must = 1 / Double(count)
        let bound = policy == .maglev ? 0.04 : 0.002
        #expect(moved(before, without) < 2.5 * must + bound, "\(moved(before, without))")
        #expect(moved(before, with) < 2.5 * must + bound, "\(moved(before, with))")
        #expect(moved(before, weighted) < 2.5 * must + bound, "\(moved(before, weighted))")
    }

    @Test("Maglev's shares are within a few percent of the weights")
    func even() {
        let weights: [UInt32] = (0..<100).map { $0 % 4 + 1 }
        let table = MaglevTable(weights.enumerated().map { ("10.0.0.\($0.offset)", $0.element) }, size: 65_537)
        var places = [Double](repeating: 0, count: 100)
        for place in 0..<UInt64(65_537) { places[table.lookup(place)] += 1 }
        let unit = 65_537.0 / Double(weights.reduce(0, +))
        for (count, weight) in zip(places, weights) { #expect(abs(count / unit / Double(weight) - 1) < 0.02) }
    }

    @Test("a ring has as many places as asked for, the lightest endpoint a whole number of them")
    func ringSize() {
        func size(_ weights: [UInt32], _ rule: RingHash) -> Int {
            HashRing(weights.enumerated().map { ("\($0.offset)", $0.element) }, by: rule).count
        }
        // Envoy's `ring_hash_lb_test.cc`: 6 hosts and 12 places at least; 1 to 2 in a ring of 3.
        #expect(size([1, 1, 1, 1, 1, 1], RingHash(minimumRingSize: 12)) == 12)
        #expect(size([1, 2], RingHash(minimumRingSize: 3)) == 3)
        #expect(size([1, 1, 1], RingHash(minimumRingSize: 1_024)) == 1_026)
        #expect(size([1, 1, 1], RingHash(minimumRingSize: 1_024, maximumRingSize: 1_024)) == 1_024)
        #expect(size([5], RingHash(minimumRingSize: 1, maximumRingSize: 1)) == 1)
    }

    @Test("a lookup on the ring finds the next place, as looking at all of them does")
    func ringLookup() {
        let names = (0..<5).map { (key: "host\($0)", weight: UInt32(1)) }
        let ring = HashRing(names, by: RingHash(minimumRingSize: 100))
        let places = (0..<5).flatMap { host in (0..<20).map { (XXH64.hash("host\(host)_\($0)"), host) } }
            .sorted { $0.0 < $1.0 }
        for key in Self.keys {
            let expected = places.first { $0.0 >= key } ?? places[0]
            #expect(ring.lookup(key) == expected.1)
        }
    }

    @Test(
        "a balancer sends a key to its owner, and elsewhere only while the owner may not be asked",
        arguments: policies
    )
    func affinity(policy: LoadBalancingPolicy) throws {
        let tracker = ScriptedTracker()
        let balancer = LoadBalancer.standing(policy: policy, endpoints: .of(10), health: tracker, seed: 1)
        func pick(_ key: UInt64, avoiding: [Address] = []) throws -> Int {
            try balancer.pick(at: .start, avoiding: avoiding, hashKey: key).endpoint.number
        }
        let owner = try pick(7)
        for _ in 0..<50 { #expect(try pick(7) == owner) }
        let second = try pick(7, avoiding: [.number(owner)])
        #expect(second != owner)
        tracker[owner].set(.unavailable)
        for _ in 0..<50 { #expect(try pick(7) == second) }
        // Keys of others stay.
        tracker[owner].set(.available)
        let before = try (0..<1_000).map { try pick(XXH64.hash(UInt64($0))) }
        tracker[owner].set(.unavailable)
        let during = try (0..<1_000).map { try pick(XXH64.hash(UInt64($0))) }
        for (old, new) in zip(before, during) where old != owner { #expect(old == new) }
        #expect(Set(zip(before, during).filter { $0.0 == owner }.map(\.1)).count > 3)
        tracker[owner].set(.available)
        #expect(try pick(7) == owner)
    }

    @Test("with bounded loads one key that everybody wants does not overload its owner", arguments: [125, 200])
    func bounded(factor: Int) throws {
        for policy in [
            LoadBalancingPolicy.maglev(Maglev(balanceFactor: factor)), .ringHash(RingHash(balanceFactor: factor)),
        ] {
            let balancer = LoadBalancer.standing(policy: policy, endpoints: .of(10), seed: 1)
            var leases: [HeldLease] = []
            for _ in 0..<1_000 { leases.append(HeldLease(try balancer.pick(at: .start, hashKey: 42))) }
            let loads = balancer.status(at: .start).map(\.inFlight)
            #expect((loads.max() ?? 0) <= factor + 1, "\(loads)")
            #expect(loads.reduce(0, +) == 1_000)
            for lease in leases { lease.end(.success, at: .start) }
            // Nothing is left of it: the owner gets the key again.
            let owner = try balancer.pick(at: .start, hashKey: 42).endpoint
            #expect(try balancer.pick(at: .start, hashKey: 42).endpoint == owner)
        }
    }

    @Test(
        "an endpoint of a far lighter one's fleet has a place if its share is at least one, as in Envoy",
        arguments: [(1_024, 1_024), (4_096, 4_096), (100_000, 100_000)]
    )
    func lightOnRing(minimum: Int, maximum: Int) {
        let weights: [UInt32] = [1 << 30] + Array(repeating: 1, count: 100)
        let rule = RingHash(minimumRingSize: minimum, maximumRingSize: maximum)
        let ring = HashRing(weights.enumerated().map { ("10.0.0.\($0.offset)", $0.element) }, by: rule)
        #expect(ring.count == maximum)
        #expect((0..<1_000).allSatisfy { ring.lookup(XXH64.hash(UInt64($0))) == 0 })
    }

    /// The table that the plain algorithm fills: every endpoint is looked at in every round.
    private func plainMaglev(_ endpoints: [(key: String, weight: UInt32)], size: Int) -> [Int] {
        let order = endpoints.indices.sorted { endpoints[$0].key < endpoints[$1].key }
        let largest = UInt64(endpoints.map(\.weight).max() ?? 1)
        var positions = order.map { Int(XXH64.hash(endpoints[$0].key) % UInt64(size)) }
        let skips = order.map { Int(XXH64.hash(endpoints[$0].key, seed: 1) % UInt64(size - 1)) + 1 }
        var targets = order.map { _ in UInt64(0) }
        var places = Array(repeating: -1, count: size)
        var filled = 0
        var round: UInt64 = 1
        while true {
            for row in order.indices where round * UInt64(endpoints[order[row]].weight) > targets[row] {
                targets[row] += largest
                while places[positions[row]] >= 0 { positions[row] = (positions[row] + skips[row]) % size }
                places[positions[row]] = order[row]
                filled += 1
                if filled == size { return places }
            }
            round += 1
        }
    }

    @Test(
        "Maglev fills its table as the plain algorithm does, whatever the weights",
        arguments: [
            [1], [7, 7, 7], [1, 2, 3, 4], [5, 1, 5, 1, 2], [1 << 30, 1, 1], [1, 1 << 30, 3, 1 << 29, .max],
            Array(1...50), Array(repeating: 3, count: 300),
        ] as [[UInt32]]
    )
    func maglevByWeights(weights: [UInt32]) {
        let endpoints = weights.enumerated().map { (key: "10.0.0.\($0.offset)", weight: $0.element) }
        for size in [3, 251, 1_009] {
            let table = MaglevTable(endpoints, size: size)
            #expect((0..<size).map { table.lookup(UInt64($0)) } == plainMaglev(endpoints, size: size))
        }
    }

    @Test("weights from 1 to 2^30 make neither a table that is never done nor one without the light")
    func extremeWeights() {
        let weights: [UInt32] = (0..<2_000).map { 1 << ($0 % 31) }
        let table = MaglevTable(weights.enumerated().map { ("10.0.0.\($0.offset)", $0.element) }, size: 65_537)
        let owners = Set((0..<UInt64(65_537)).map { table.lookup($0) })
        #expect(owners.count == 2_000)
    }

    @Test("a table has a prime size")
    func primes() {
        for size in [3, 5, 65_537, 5_000_011] { #expect(Maglev.isAllowed(tableSize: size)) }
        for size in [-7, 0, 1, 2, 9, 65_536, 65_539 * 3, 5_000_077] { #expect(!Maglev.isAllowed(tableSize: size)) }
    }
}

import MeshCore
import Testing

@testable import MeshLoadBalancing

@Suite("The ring of an aperture")
struct ApertureRingTests {
    struct Arc: Sendable {
        var instance: Int
        var instances: Int
        var steps: Int
        var indexes: [Int]
        var coverage: [Double]
    }

    @Test(
        "an arc over ten endpoints holds them and their parts",
        arguments: [
            // Finagle's RingTest: from 1/4 as wide, from 3/4 across the end, and exactly one each.
            Arc(instance: 1, instances: 4, steps: 1, indexes: [2, 3, 4], coverage: [0.5, 1, 1]),
            Arc(instance: 3, instances: 4, steps: 2, indexes: [7, 8, 9, 0, 1, 2], coverage: [0.5, 1, 1, 1, 1, 0.5]),
            Arc(instance: 5, instances: 10, steps: 1, indexes: [5], coverage: [1]),
            Arc(instance: 9, instances: 10, steps: 2, indexes: [9, 0], coverage: [1, 1]),
            // More instances than endpoints: a part of one.
            Arc(instance: 1, instances: 40, steps: 1, indexes: [0], coverage: [0.25]),
            Arc(instance: 3, instances: 40, steps: 2, indexes: [0, 1], coverage: [0.25, 0.25]),
            // Both ends in one endpoint: the arc begins at 7.5 and ends at 7.
            Arc(
                instance: 15,
                instances: 20,
                steps: 19,
                indexes: [7, 8, 9, 0, 1, 2, 3, 4, 5, 6],
                coverage: [0.5, 1, 1, 1, 1, 1, 1, 1, 1, 1]
            ),
            Arc(
                instance: 2,
                instances: 3,
                steps: 3,
                indexes: [6, 7, 8, 9, 0, 1, 2, 3, 4, 5],
                coverage: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]
            ),
        ]
    )
    func arcs(arc: Arc) throws {
        let ring = ApertureRing(Array(repeating: 1, count: 10))
        let parts = ring.arc(from: try ProcessCoordinate(instance: arc.instance, of: arc.instances), steps: arc.steps)
        #expect(parts.map(\.index) == arc.indexes)
        #expect(parts.map(\.coverage) == arc.coverage)
    }

    @Test("an arc that ends behind its beginning in one endpoint has both of its parts")
    func bothEndsInOne() throws {
        // Two heavy endpoints and six instances: from 1/6 of the ring five steps, to its beginning.
        let parts = ApertureRing([3, 3]).arc(from: try ProcessCoordinate(instance: 1, of: 6), steps: 5)
        #expect(parts.map(\.index) == [0, 1])
        let twoThirds = 2.0 / 3
        #expect(parts.map(\.coverage) == [twoThirds, 1])
        let other = ApertureRing([3, 3]).arc(from: try ProcessCoordinate(instance: 2, of: 6), steps: 5)
        #expect(other.map(\.index) == [0, 1])
        #expect(other.map(\.coverage) == [twoThirds, 1])
    }

    @Test(
        "arcs are so long that all of the ring is under equally many",
        arguments: [
            // Instances, endpoints, wanted: Finagle's ceil(wanted × remote unit / local unit).
            (3, 10, 10, 3), (6, 10, 10, 6), (1, 100, 12, 1), (100, 100, 12, 12), (100, 500, 12, 3), (10, 1_000, 12, 1),
            (1_000, 100, 12, 120), (1_000, 7, 12, 1_000), (4, 24, 12, 2), (4, 25, 12, 2), (4, 23, 12, 3),
        ]
    )
    func steps(instances: Int, endpoints: Int, wanted: Int, expected: Int) {
        #expect(ApertureRing.steps(of: wanted, among: endpoints, instances: instances) == expected)
        let ring = ApertureRing(Array(repeating: 7, count: endpoints))
        #expect(ring.steps(of: wanted, minimum: wanted, instances: instances) == expected)
    }

    @Test("all instances together give every endpoint its weight, and every one has its minimum")
    func even() throws {
        var random = SplitMix64(seed: 7)
        for round in 0..<300 {
            let instances = Int.random(in: 1...60, using: &random)
            let weights = (0..<Int.random(in: 1...80, using: &random)).map { _ in
                round % 2 == 0 ? 1 : UInt32.random(in: 1...20, using: &random)
            }
            let minimum = Int.random(in: 1...15, using: &random)
            let ring = ApertureRing(weights)
            let steps = ring.steps(of: minimum, minimum: minimum, instances: instances)
            var sums = weights.map { _ in 0.0 }
            for instance in 0..<instances {
                let parts = ring.arc(from: try ProcessCoordinate(instance: instance, of: instances), steps: steps)
                #expect(Set(parts.map(\.index)).count == parts.count)
                #expect(parts.count >= min(minimum, weights.count), "\(instance) of \(instances) on \(weights)")
                let length = Double(parts.reduce(0) { $0 + $1.overlap })
                #expect(parts.allSatisfy { $0.overlap > 0 && $0.overlap <= $0.size })
                for part in parts { sums[part.index] += Double(part.overlap) / length }
            }
            let total = Double(weights.reduce(0, +))
            for (sum, weight) in zip(sums, weights) {
                #expect(abs(sum / Double(instances) - Double(weight) / total) < 1e-9)
            }
        }
    }

    @Test("the largest weights and the most instances do not overflow")
    func limits() throws {
        let ring = ApertureRing(Array(repeating: .max, count: 5_000))
        let last = try ProcessCoordinate(instance: ProcessCoordinate.limit - 1, of: ProcessCoordinate.limit)
        let steps = ring.steps(of: 12, minimum: 12, instances: last.instances)
        let parts = ring.arc(from: last, steps: steps)
        #expect(parts.count >= 12 && parts.count <= 14)
        #expect(parts.dropFirst().dropLast().allSatisfy { $0.coverage == 1 })
        #expect(ring.arc(from: last, steps: last.instances).count == 5_000)
        #expect(UInt32.scaled(parts.map(\.overlap)).allSatisfy { $0 > 0 })
        let mixed = ApertureRing([.max, 1, 1, .max])
        #expect(mixed.steps(of: 2, minimum: 3, instances: 10) == 10)
        #expect(mixed.arc(from: try ProcessCoordinate(instance: 5, of: 10), steps: 1).map(\.index) == [2, 3])
    }
}

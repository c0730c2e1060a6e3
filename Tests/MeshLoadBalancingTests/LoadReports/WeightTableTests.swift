import MeshCore
import Testing

@testable import MeshLoadBalancing

@Suite("Weight table")
struct WeightTableTests {
    // Computed by hand from gRPC's `static_stride_scheduler.cc`.
    @Test(
        "scales as gRPC does",
        arguments: [
            ([], []),
            ([5], []),
            ([nil, nil, nil], []),
            ([nil, 5, nil], []),  // fewer than two are known: round robin
            ([1, 2, 3], [21_845, 43_690, 65_535]),
            ([3, nil, 1], [65_535, 43_690, 21_845]),  // the mean of 3 and 1
            ([7, 7], [65_535, 65_535]),
            // The mean is 20.75, a hundredth of it the floor: 65,535 × 20.75 / 82 = 16,584.
            ([1, 0.000_1, 82, nil, 0], [799, 166, 65_535, 16_584, 166]),
        ] as [([Double?], [UInt16])]
    )
    func vectors(weights: [Double?], expected: [UInt16]) {
        #expect(WeightTable.strides(weights) == expected)
    }

    @Test("what is heavier than ten times the mean counts as that")
    func capped() {
        // The mean of 19 times 1 and 1,000,000 is about 50,001: that of 500,010 and less is the cap.
        let strides = WeightTable.strides(Array(repeating: 1.0, count: 19) + [1_000_000])
        #expect(strides.last == 65_535)
        // A tenth of the cap is the mean, a hundredth of the mean the floor.
        #expect(strides.dropLast().allSatisfy { $0 == 66 })
    }

    @Test(
        "the smallest reports there are do no harm",
        arguments: [Double.leastNonzeroMagnitude, Double.leastNormalMagnitude, 1e-300, 1e300]
    )
    func extremes(rate: Double) throws {
        let report = try LoadReport(cpuUtilization: 1, requestsPerSecond: rate)
        let weight = try #require(ReportedWeights().weight(of: report))
        #expect(WeightTable.strides([weight, weight]) == [65_535, 65_535])
        #expect(WeightTable.strides([weight, 1]).allSatisfy { $0 > 0 })
    }

    @Test("shares of picks follow the weights that are reported")
    func shares() {
        let weights: [Double?] = [100, 50, nil, 25]
        let strides = WeightTable.strides(weights)
        var sequence: UInt64 = 0
        var picks = [0, 0, 0, 0]
        for _ in 0..<28_000 { picks[StaticStride.next(&sequence, strides: strides, count: 4)] += 1 }
        let mean = 175.0 / 3
        for (index, weight) in weights.enumerated() {
            let expected = 28_000 * (weight ?? mean) / (175 + mean)
            #expect(abs(Double(picks[index]) - expected) <= 5, "\(index): \(picks[index]) instead of \(expected)")
        }
    }

    @Test("any weights give strides from 1 to 65,535")
    func property() {
        var random = SplitMix64(seed: 58)
        for _ in 0..<500 {
            let weights = (0..<Int(random.next() % 50)).map { _ -> Double? in
                switch random.next() % 4 {
                case 0: nil
                case 1: Double(random.next() % 1000)
                case 2: 1e30 / Double(random.next() % 1000 + 1)
                default: 1e-30 * Double(random.next() % 1000 + 1)
                }
            }
            let strides = WeightTable.strides(weights)
            #expect(strides.isEmpty || strides.count == weights.count)
            #expect(strides.allSatisfy { $0 >= 1 })
            #expect(strides.isEmpty || strides.max() == 65_535)
        }
    }
}

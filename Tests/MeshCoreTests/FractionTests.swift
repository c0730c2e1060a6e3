import MeshCore
import Testing

@Suite struct FractionTests {
    private static let numbers: [(Double, UInt32)] = [
        (0, 0), (-0.0, 0), (1, 1_000_000), (0.2, 200_000), (0.300_000_000_000_000_04, 300_000), (0.333_333_3, 333_333),
        (0.666_666_6, 666_667), (0.000_000_4, 0), (0.000_000_5, 1), (0.999_999_7, 1_000_000),
    ]

    private static let shares: [(UInt32, Int, Int)] = [
        (200_000, 4, 0), (200_000, 5, 1), (200_000, 9, 1), (200_000, 10, 2), (333_333, 3, 0), (333_334, 3, 1),
        (1_000_000, .max, .max), (0, .max, 0), (1, .max, 9_223_372_036_854), (500_000, -3, -1),
        (999_999, 1_000_001, 999_999),
    ]

    @Test(arguments: numbers)
    func `a number is rounded to the nearest millionth`(value: Double, millionths: UInt32) {
        #expect(Fraction(value)?.millionths == millionths)
    }

    @Test(arguments: [-0.000_001, 1.000_001, .nan, .infinity, -.infinity])
    func `what is not between 0 and 1 is no fraction`(value: Double) {
        #expect(Fraction(value) == nil)
    }

    @Test func `millionths are checked`() {
        #expect(Fraction(millionths: 1_000_000) == .one)
        #expect(Fraction(millionths: 1_000_001) == nil)
    }

    @Test(arguments: shares)
    func `a share of a count is exact and rounded towards zero`(millionths: UInt32, count: Int, share: Int) {
        #expect(Fraction(millionths: millionths)?.of(count) == share)
    }

    @Test(
        arguments: [
            (.zero, 0, 1, false), (.zero, 1, 1, false), (0.5, 1, 2, false), (0.5, 0, 2, true), (0.5, 1, 3, true),
            (.one, 0, 0, false), (.one, 9_999, 10_000, true), (0.8, 16, 20, false), (0.000_001, 0, 1, true),
        ] as [(Fraction, Int, Int, Bool)]
    )
    func `a share is compared exactly`(share: Fraction, part: Int, total: Int, exceeds: Bool) {
        #expect(share.exceeds(part, of: total) == exceeds)
    }

    @Test func `shares are ordered and print as percent`() {
        #expect((0.1 as Fraction) < (0.2 as Fraction))
        #expect("\(Fraction.zero) \(Fraction.one) \(0.2 as Fraction) \(0.125 as Fraction)" == "0 % 100 % 20 % 12.5 %")
        #expect("\(0.000_001 as Fraction)" == "0.0001 %")
        #expect((0.2 as Fraction).value == 0.2)
    }
}

import MeshCore
import Testing

@Suite struct SplitMix64Tests {
    @Test func `it draws the numbers of the reference implementation`() {
        // Vigna's splitmix64.c, seed 1234567.
        var random = SplitMix64(seed: 1_234_567)
        let numbers = (1...5).map { _ in random.next() }
        #expect(
            numbers == [
                6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
                4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
            ]
        )
    }
}

@Suite struct RandomSourceTests {
    @Test func `alone it draws what the generator of its seed draws`() {
        let source = RandomSource(seed: 42)
        var generator = SplitMix64(seed: 42)
        for _ in 1...100 { #expect(source.next() == generator.next()) }
    }

    @Test func `shared it draws the same numbers, each once`() async {
        let source = RandomSource(seed: 42)
        let drawn = await withTaskGroup(of: [UInt64].self) { group in
            for _ in 0..<8 { group.addTask { (0..<1_000).map { _ in source.next() } } }
            return await group.reduce(into: []) { $0 += $1 }
        }
        var generator = SplitMix64(seed: 42)
        #expect(Set(drawn) == Set((0..<8_000).map { _ in generator.next() }))
    }

    @Test func `its generators differ`() {
        let source = RandomSource(seed: 42)
        var (first, second) = (source.makeGenerator(), source.makeGenerator())
        let numbers = (0..<100).flatMap { _ in [first.next(), second.next()] }
        #expect(Set(numbers).count == 200)
    }

    @Test func `without a seed two sources differ`() {
        #expect(RandomSource().next() != RandomSource().next())
    }
}

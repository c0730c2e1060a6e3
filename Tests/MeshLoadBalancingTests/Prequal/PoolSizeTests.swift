import Testing

@testable import MeshLoadBalancing

@Suite struct PoolSizeTests {
    @Test(
        "groups that share a pool do not take each other's answers",
        arguments: [(6, 6, 3), (6, 18, 9), (5, 500, 16), (20, 20, 4), (100, 100, 16), (7, 8, 6), (1, 1, 3), (0, 0, 3)]
    )
    func groups(count: Int, total: Int, size: Int) {
        #expect(Prequal().poolSize(among: count, of: total) == size)
    }
}

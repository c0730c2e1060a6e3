#if Transport
import NIOHTTP2
import Testing

@testable import MeshTransport

@Suite struct WithheldGrantsTests {
    @Test func amountsOfAStreamAreGivenTogetherAndOnce() {
        var grants = WithheldGrants()
        grants.withhold(5, on: 1)
        grants.withhold(7, on: 3)
        grants.withhold(6, on: 1)
        let taken = grants.takeAll()
        #expect(taken == [1: 11, 3: 7])
        let rest = grants.takeAll()
        #expect(rest.isEmpty)
    }

    @Test func aStreamThatHasEndedGetsNothing() {
        var grants = WithheldGrants()
        grants.forget(1)
        grants.withhold(5, on: 1)
        grants.withhold(7, on: 3)
        grants.forget(1)
        let taken = grants.takeAll()
        #expect(taken == [3: 7])
    }
}
#endif

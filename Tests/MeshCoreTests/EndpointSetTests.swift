import MeshCore
import Testing

@Suite("Endpoint sets")
struct EndpointSetTests {
    private let first = Endpoint(.host("a", port: 1))
    private let second = Endpoint(.host("b", port: 1))

    @Test("keeps the order, and of two endpoints with one address the first")
    func duplicates() {
        let set = EndpointSet([second, first, Endpoint(.host("b", port: 1), weight: 9), second])
        #expect(set.endpoints == [second, first])
        #expect(set.count == 2)
    }

    @Test("two ports of one host are two endpoints")
    func ports() {
        #expect(EndpointSet([Endpoint(.host("a", port: 1)), Endpoint(.host("a", port: 2))]).count == 2)
    }

    @Test("an empty set is empty")
    func empty() {
        #expect(EndpointSet.empty.isEmpty)
        #expect(EndpointSet([]) == .empty)
        #expect(([] as EndpointSet).count == 0)
    }

    @Test("order and every property of an endpoint count in a comparison")
    func equality() {
        #expect([first, second] as EndpointSet == [first, second])
        #expect([first, second] as EndpointSet != [second, first])
        var changed = first
        changed.metadata = ["version": "2"]
        #expect([first] as EndpointSet != [changed])
    }

    @Test("an endpoint prints its address, and its weight where that is not 1")
    func description() {
        #expect("\(first)" == "a:1")
        #expect("\(Endpoint(.host("a", port: 1), weight: 0))" == "a:1 (weight 0)")
        #expect("\(Locality(region: "eu", subZone: "r1"))" == "eu/r1")
        #expect("\(Locality())" == "")
    }
}

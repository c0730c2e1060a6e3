import MeshCore
import MeshTesting
import Synchronization
import Testing

@testable import MeshLoadBalancing

@Suite("Known endpoints")
struct KnownEndpointsTests {
    private let surroundings = EndpointNode.Surroundings(policy: .random, stripes: 1) { _ in }

    private func node(_ endpoint: Endpoint, _ old: EndpointNode?) -> EndpointNode {
        let state =
            old?.state
            ?? EndpointState(health: AlwaysHealthy(), latency: PeakEWMA().initial(at: .start), at: .start)
        return EndpointNode(endpoint: endpoint, state: state, in: surroundings)
    }

    @Test("whatever an update changes, order and index are those of the set, and nodes of endpoints that stay are kept")
    func anyUpdate() {
        var random = SplitMix64(seed: 7)
        var known = KnownEndpoints()
        for _ in 0..<2_000 {
            let old = known.nodes
            // Some go, some are described anew, some come, and now and then all change places.
            var endpoints = old.map(\.endpoint).filter { _ in Int.random(in: 0..<8, using: &random) > 0 }
            for index in endpoints.indices where Int.random(in: 0..<8, using: &random) == 0 {
                endpoints[index].weight += 1
            }
            for _ in 0..<Int.random(in: 0..<4, using: &random) {
                let place = Int.random(in: 0...endpoints.count, using: &random)
                endpoints.insert(Endpoint(.number(Int.random(in: 0..<40, using: &random))), at: place)
            }
            if Int.random(in: 0..<8, using: &random) == 0 { endpoints.shuffle(using: &random) }
            let set = EndpointSet(endpoints)

            let change = known.update(set, node)

            let states = Dictionary(uniqueKeysWithValues: old.map { ($0.endpoint.address, $0) })
            #expect(known.nodes.map(\.endpoint) == set.endpoints)
            #expect(known.nodes.map { $0.position.load(ordering: .relaxed) } == Array(known.nodes.indices))
            #expect(known.nodes.allSatisfy { known[$0.endpoint.address] === $0 })
            #expect((0..<40).count { known[.number($0)] != nil } == set.count)
            for node in known.nodes {
                guard let earlier = states[node.endpoint.address] else { continue }
                #expect(node.state === earlier.state)
                #expect((node === earlier) == (node.endpoint == earlier.endpoint))
            }
            let addresses = Set(set.endpoints.map(\.address))
            #expect(change.added == set.endpoints.filter { states[$0.address] == nil })
            #expect(change.removed.map(\.endpoint) == old.map(\.endpoint).filter { !addresses.contains($0.address) })
            #expect(change.replaced.allSatisfy { $0.old.state === $0.new.state && $0.old.endpoint != $0.new.endpoint })
            #expect(change.isNone == (old.map(\.endpoint) == set.endpoints))
        }
    }

    @Test("what is left of a large set is found, and what comes after it")
    func largeAndSmall() {
        var known = KnownEndpoints()
        for numbers in [0..<2_000, 700..<705, 700..<2_700, 0..<0, 0..<3] {
            let endpoints = numbers.map { Endpoint(.number($0)) }
            _ = known.update(EndpointSet(endpoints), node)
            #expect(known.nodes.map(\.endpoint) == endpoints)
            #expect(known.nodes.allSatisfy { known[$0.endpoint.address] === $0 })
            #expect((0..<3_000).count { known[.number($0)] != nil } == endpoints.count)
        }
    }

    @Test("the same set again changes nothing, another order does")
    func order() {
        var known = KnownEndpoints()
        let endpoints = (0..<3).map { Endpoint(.number($0)) }
        #expect(!known.update(EndpointSet(endpoints), node).isNone)
        #expect(known.update(EndpointSet(endpoints), node).isNone)
        #expect(!known.update(EndpointSet([endpoints[1], endpoints[0], endpoints[2]]), node).isNone)
        #expect(known.nodes.map(\.endpoint) == [endpoints[1], endpoints[0], endpoints[2]])
        #expect(!known.update(.empty, node).isNone)
        #expect(known.update(.empty, node).isNone)
    }
}

import MeshCore
import MeshLoadBalancing
import MeshTelemetry
import MeshTesting
import TestSupport
import Testing

@testable import ServiceMesh

@Suite("Weights that nobody goes by", .takesTurns)
struct WeightWatchTests {
    private func set(_ weights: [UInt32]) -> EndpointSet {
        EndpointSet(
            weights.enumerated().map {
                Endpoint(.ip(.v4(0x0A00_0000 + UInt32($0.offset)), port: 80), weight: $0.element)
            }
        )
    }

    private func ignored(_ by: String, _ lightest: UInt32, _ heaviest: UInt32) -> WeightWatch.Ignored {
        WeightWatch.Ignored(by: by, lightest: lightest, heaviest: heaviest)
    }

    @Test func `other weights are told once, and equal ones are not`() {
        var watch = WeightWatch(.prequal, .none)
        #expect(watch.update(set([1, 1, 1])) == [])
        #expect(watch.update(set([5, 5, 0])) == [])
        #expect(watch.update(set([1, 4, 2, 0])) == [ignored("prequal", 1, 4)])
        // Endpoints come and go; their weights are the same.
        #expect(watch.update(set([4, 2, 2, 1, 1])) == [])
        #expect(watch.update(set([1, 9])) == [ignored("prequal", 1, 9)])
        #expect(watch.update(.empty) == [])
        #expect(watch.update(set([1, 9])) == [ignored("prequal", 1, 9)])
    }

    @Test(arguments: LoadBalancingPolicy.named)
    func `policies that go by weights have nothing to tell`(policy: LoadBalancingPolicy) throws {
        let isDeaf = [.prequal, .reportedWeights].contains(policy)
        var watch = WeightWatch(policy, .none)
        #expect(watch.update(set([1, 2])) == (isDeaf ? [ignored(policy.name, 1, 2)] : []))
        var drawn = WeightWatch(policy, .random)
        #expect(drawn.update(set([1, 2])).map(\.by) == (isDeaf ? [policy.name] : []) + ["random_subsetting"])
        var arc = WeightWatch(policy, .aperture(Aperture()))
        #expect(arc.update(set([1, 2])).count == (isDeaf ? 1 : 0))
    }

    @Test func `a mesh publishes an event`() async throws {
        let house = try House(resolver: ScriptedResolver()) { $0.loadBalancing = .prequal }
        let recorded = RecordedEvents(of: house.mesh)
        house.resolver.yield(EndpointSet([house.endpoints[0], Endpoint(house.endpoints[1].address, weight: 3)]))
        let event = await recorded.first {
            if case .weightsIgnored = $0 { true } else { false }
        }
        #expect(event == .weightsIgnored(House.service, by: "prequal", lightest: 1, heaviest: 3))
        await house.expectNothingLeft()
    }
}

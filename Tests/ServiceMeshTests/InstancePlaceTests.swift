import MeshAdmission
import MeshCore
import MeshDiscovery
import MeshLoadBalancing
import MeshTelemetry
import MeshTesting
import TestSupport
import Testing

@testable import ServiceMesh

@Suite("Where a process stands among its instances", .takesTurns)
struct InstancePlaceTests {
    private static let own = Address.ip(.v4(0x0A00_0002), port: 80)

    private func house(instance: InstancePlace? = nil, peers: ScriptedResolver? = nil) throws -> House {
        try House(endpoints: 40, instance: instance, peers: peers) {
            $0.routing.subsetting = .aperture(Aperture(minimum: 4, loadBand: nil))
        }
    }

    private func selected(in house: House) -> Set<Address> {
        Set((house.mesh.endpoints(of: House.service) ?? []).filter(\.isSelected).map(\.endpoint.address))
    }

    /// What an instance talks to, by a balancer of its own.
    private func expected(_ instance: Int, of instances: Int, in house: House) throws -> Set<Address> {
        let coordinate = try ProcessCoordinate(instance: instance, of: instances)
        let aperture = Aperture(coordinate: coordinate, minimum: 4, loadBand: nil)
        let balancer = LoadBalancer(
            endpoints: EndpointSet(house.endpoints),
            routing: EndpointRouting(subsetting: .aperture(aperture)),
            seed: 1
        )
        return Set(balancer.status(at: .zero).filter(\.isSelected).map(\.endpoint.address))
    }

    private func peers(_ numbers: some Sequence<UInt32>) -> EndpointSet {
        EndpointSet(numbers.map { Endpoint(.ip(.v4(0x0A00_0000 + $0), port: 80)) })
    }

    @Test("a coordinate of the configuration holds from the first call, and another replaces it")
    func fixed() async throws {
        let house = try house(instance: .fixed(try ProcessCoordinate(instance: 3, of: 10)))
        try await house.call()
        #expect(selected(in: house) == (try expected(3, of: 10, in: house)))
        #expect(selected(in: house).count < 40)

        house.mesh.update(try ProcessCoordinate(instance: 7, of: 20))
        #expect(selected(in: house) == (try expected(7, of: 20, in: house)))
        try await house.call()
        await house.expectNothingLeft()
    }

    @Test("discovery of the own service is followed; while it fails, or does not know us, the last place stays")
    func discovered() async throws {
        let peers = ScriptedResolver(peers(1...10))
        let house = try house(instance: .discovered(Self.own, among: try Target("peers:///orders")), peers: peers)
        let events = RecordedEvents(of: house.mesh)
        try await house.call()
        // In the order of their text: 10.0.0.1, 10.0.0.10, 10.0.0.2.
        let before = try expected(2, of: 10, in: house)
        await house.until { selected(in: house) == before }

        peers.yield(self.peers(2...9))
        let after = try expected(0, of: 8, in: house)
        await house.until { selected(in: house) == after }

        peers.fail("no answer")
        peers.yield(self.peers(3...9))
        let missing = await events.first {
            if case .resolutionFailed("mesh.instance", let error) = $0 {
                "\(error)".contains("not among")
            } else {
                false
            }
        }
        #expect(missing != nil)
        #expect(selected(in: house) == after)
        #expect(events.all.contains { if case .resolutionFailed("mesh.instance", _) = $0 { true } else { false } })

        try await house.call()
        await house.expectNothingLeft()
        #expect(peers.activeIterations == 0)
    }

    @Test("a target that is of no use fails the first client")
    func uselessTarget() throws {
        let target = try Target("nonsense:///orders")
        #expect(throws: (any Error).self) { _ = try house(instance: .discovered(Self.own, among: target)) }
    }
}

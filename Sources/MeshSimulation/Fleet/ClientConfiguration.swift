import MeshCore
import MeshLoadBalancing
import ServiceMesh

/// What the clients of a fleet are told of the service.
struct ClientConfiguration: Sendable {
    private let service: ServiceConfiguration
    /// How many clients each zone has, if they keep to their own.
    private let callers: [Locality: UInt32]?

    init(_ settings: MeshSettings, in clients: ClientFleet) throws(ServiceSettings.Refusal) {
        service = try settings.service.configuration(target: Target(scheme: "simulated", path: "fleet"))
        guard settings.isZoneAware, !clients.zones.isEmpty else {
            callers = nil
            return
        }
        callers = (0..<clients.count).reduce(into: [:]) { $0[Locality(zone: clients.zone(of: $1)), default: 0] += 1 }
    }

    /// The policy of all clients.
    var loadBalancing: LoadBalancingPolicy { service.loadBalancing }

    /// What a client in a zone is told.
    func service(in zone: String) -> ServiceConfiguration {
        guard let callers else { return service }
        var service = service
        service.routing.localities = .zoneAware(ZoneAware(local: Locality(zone: zone), callers: callers))
        return service
    }
}

extension ClientFleet {
    /// The zone of a client; empty without zones.
    func zone(of client: Int) -> String { zones.isEmpty ? "" : zones[client % zones.count] }
}

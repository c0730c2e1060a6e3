import MeshCore
import MeshLoadBalancing
import ServiceMesh

/// What the clients of a fleet are told of the service, and of their place among one another.
struct ClientConfiguration: Sendable {
    private let service: ServiceConfiguration
    private let clients: ClientFleet
    /// How many clients each zone has, if they keep to their own.
    private let callers: [Locality: UInt32]?

    init(
        _ settings: MeshSettings,
        policy: LoadBalancingPolicy?,
        in clients: ClientFleet
    ) throws(ServiceSettings.Refusal) {
        var service = try settings.service.configuration(target: Target(scheme: "simulated", path: "fleet"))
        if let policy { service.loadBalancing = policy }
        self.service = service
        self.clients = clients
        guard settings.isZoneAware, !clients.zones.isEmpty else {
            callers = nil
            return
        }
        callers = (0..<clients.count).reduce(into: [:]) { $0[Locality(zone: clients.zone(of: $1)), default: 0] += 1 }
    }

    /// The policy of all clients.
    var loadBalancing: LoadBalancingPolicy { service.loadBalancing }

    /// What a client is told of the service.
    func service(for client: Int) -> ServiceConfiguration {
        guard let callers else { return service }
        var service = service
        let local = Locality(zone: clients.zone(of: client))
        service.routing.localities = .zoneAware(ZoneAware(local: local, callers: callers))
        return service
    }

    /// Where a client stands among all; where clients keep to their zones, among those of its own.
    func place(of client: Int) -> InstancePlace? {
        let (number, count) = callers == nil ? (client, clients.count) : clients.placeInZone(of: client)
        return (try? ProcessCoordinate(instance: number, of: count)).map { .fixed($0) }
    }
}

extension ClientFleet {
    /// The zone of a client; empty without zones.
    func zone(of client: Int) -> String { zones.isEmpty ? "" : zones[client % zones.count] }

    /// The number of a client among those of its zone, and how many these are. There must be zones.
    fileprivate func placeInZone(of client: Int) -> (number: Int, count: Int) {
        let zone = zone(of: client)
        func clientsOfZone(before end: Int) -> Int {
            let (rounds, rest) = end.quotientAndRemainder(dividingBy: zones.count)
            return rounds * zones.count { $0 == zone } + zones[..<rest].count { $0 == zone }
        }
        return (clientsOfZone(before: client), clientsOfZone(before: count))
    }
}

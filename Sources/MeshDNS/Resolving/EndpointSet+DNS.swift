import MeshCore

extension EndpointSet {
    /// Endpoints for the addresses of one name, in order of address.
    ///
    /// Name servers shuffle their answers; an order of our own keeps equal answers equal.
    init(addresses: some Sequence<IPAddress>, port: UInt16) {
        self.init(addresses.sorted(by: IPAddress.precedes).map { Endpoint(.ip($0, port: port)) })
    }

    /// Endpoints for SRV records and the addresses of their targets: one for each address of each target.
    ///
    /// Priorities become ranks without gaps, from 0. Each address of a target has the target's weight. RFC 2782 gives the
    /// records of weight 0 beside others a chance of 1 in (sum + 1) together; multiplying the others' weights by the
    /// number of zeros and counting each zero as 1 gives exactly that. If all are 0, all count the same.
    init(services: [DNSService], addresses: [DNSName: [IPAddress]]) {
        var endpoints: [Endpoint] = []
        let usable = services.filter { !$0.target.isRoot && $0.port > 0 }
        for (rank, priority) in Set(usable.map(\.priority)).sorted().enumerated() {
            let group = usable.filter { $0.priority == priority }
            let zeros = UInt32(min(group.count { $0.weight == 0 }, 65535))
            for service in group.sorted(by: { ($0.target.description, $0.port) < ($1.target.description, $1.port) }) {
                // A message has fewer than 65,536 records, so the product fits.
                let weight = service.weight == 0 ? 1 : UInt32(service.weight) &* max(zeros, 1)
                for address in (addresses[service.target] ?? []).sorted(by: IPAddress.precedes) {
                    endpoints.append(
                        Endpoint(
                            .ip(address, port: service.port),
                            weight: weight,
                            priority: UInt32(rank),
                            metadata: ["dns.target": service.target.description]
                        )
                    )
                }
            }
        }
        self.init(endpoints)
    }
}

extension IPAddress {
    /// Orders addresses: IPv4 before IPv6, then by value.
    static func precedes(_ lhs: IPAddress, _ rhs: IPAddress) -> Bool {
        switch (lhs, rhs) {
        case (.v4(let lhs), .v4(let rhs)): lhs < rhs
        case (.v4, .v6): true
        case (.v6, .v4): false
        case (.v6(let lhsUpper, let lhsLower, let lhsZone), .v6(let rhsUpper, let rhsLower, let rhsZone)):
            (lhsUpper, lhsLower, lhsZone ?? "") < (rhsUpper, rhsLower, rhsZone ?? "")
        }
    }
}

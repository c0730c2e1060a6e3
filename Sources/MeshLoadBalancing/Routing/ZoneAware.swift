public import MeshCore

/// Calls keep to the zone of the caller as far as that leaves every endpoint its share: less latency, less traffic that is
/// paid for, and no overload where a zone has more callers than endpoints.
///
/// Envoy's zone-aware routing. If the own zone holds at least as large a share of the endpoints as of the callers, all calls
/// stay in it; otherwise the part that fits stays, and the rest goes to the zones that have room, in proportion to it.
/// Holds for the first priority, unless that is in panic.
public struct ZoneAware: Hashable, Sendable {
    /// The zone of this process; only `region` and `zone` count.
    public let local: Locality
    /// How many callers each zone has, in any unit: instances of this service, usually. Empty, the default, takes it that
    /// each zone that has endpoints has as many callers as another.
    public let callers: [Locality: UInt32]
    /// The number of endpoints below which calls go everywhere: 6 by default, as in Envoy.
    public let minimumEndpoints: Int

    /// Creates the rule.
    public init(local: Locality, callers: [Locality: UInt32] = [:], minimumEndpoints: Int = 6) {
        self.local = local.zoneOnly
        self.callers = callers.reduce(into: [:]) { zones, entry in
            let (sum, overflow) = zones[entry.key.zoneOnly, default: 0].addingReportingOverflow(entry.value)
            zones[entry.key.zoneOnly] = overflow ? .max : sum
        }
        self.minimumEndpoints = minimumEndpoints
    }

    /// The share of calls for each zone.
    ///
    /// - Parameter zones: The zones that have endpoints, and how many of these are available.
    /// - Returns: Shares that add up to 1, or `nil` where calls should go everywhere.
    func shares(of zones: [(zone: Locality, available: Int)]) -> [Double]? {
        let endpoints = zones.reduce(0) { $0 + $1.available }
        guard endpoints >= minimumEndpoints, endpoints > 0, zones.count > 1,
            let local = zones.firstIndex(where: { $0.zone == self.local }), zones[local].available > 0
        else { return nil }
        let counts = zones.map { callers.isEmpty ? 1 : Double(callers[$0.zone] ?? 0) }
        let total = callers.isEmpty ? Double(zones.count) : callers.values.reduce(0) { $0 + Double($1) }
        guard counts[local] > 0 else { return nil }
        let upstream = zones.map { Double($0.available) / Double(endpoints) }
        let origin = counts.map { $0 / total }
        var shares = zones.map { _ in 0.0 }
        guard upstream[local] < origin[local] else {
            shares[local] = 1
            return shares
        }
        shares[local] = upstream[local] / origin[local]
        let room = zones.indices.map { $0 == local ? 0 : max(0, upstream[$0] - origin[$0]) }
        let sum = room.reduce(0, +)
        guard sum > 0 else { return nil }
        for index in zones.indices where index != local { shares[index] = (1 - shares[local]) * room[index] / sum }
        return shares
    }
}

extension Locality {
    /// Without the part of the zone.
    var zoneOnly: Locality { Locality(region: region, zone: zone) }
}

public import MeshCore

/// Whether calls keep to a place.
public enum LocalityRouting: Hashable, Sendable {
    /// Endpoints are equal wherever they are. The default.
    case ignored
    /// Calls keep to the zone of the caller as far as that leaves every endpoint its share.
    case zoneAware(ZoneAware)
    /// Each locality gets calls by its weight, less what is missing of it: `weight × min(1, 1.4 × available share)`.
    ///
    /// Envoy's locality-weighted load balancing. A locality that is not named has weight 0 and gets
    /// nothing as long as anybody else may be asked.
    case weighted([Locality: UInt32])
}

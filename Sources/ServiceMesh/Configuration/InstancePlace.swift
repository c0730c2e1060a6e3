public import MeshCore
public import MeshLoadBalancing

/// How the mesh knows which of the instances of its own service this process is: where its apertures stand.
///
/// Of use to services whose `EndpointRouting.subsetting` is an `Aperture`, and to no others.
public enum InstancePlace: Hashable, Sendable {
    /// A number among so many, as the ordinal of a `StatefulSet` among its replicas.
    case fixed(ProcessCoordinate)
    /// The place of this process's own address among the endpoints of a target, those of its own service, which is followed from
    /// the first client of a service with an aperture on. An answer in which the address is missing changes nothing, and is an event.
    case discovered(Address, among: Target)
}

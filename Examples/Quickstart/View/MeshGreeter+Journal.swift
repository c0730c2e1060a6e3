#if AsyncHTTPClient
import MeshCore
import MeshTelemetry
import ServiceMesh

extension MeshGreeter {
    /// Shows what the mesh does about the faults.
    func report(to journal: Journal) async {
        for await event in mesh.events.subscribe() {
            switch event {
            case .endpointEjected(_, let address, _, _): journal.ejected("\(address)")
            case .endpointReadmitted(_, let address): journal.readmitted("\(address)")
            default: break
            }
        }
    }
}
#endif

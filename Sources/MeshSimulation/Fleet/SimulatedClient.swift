import MeshCore
import MeshTesting
import ServiceMesh

/// An instance of the service that calls: its mesh, and the calls that it has under way.
///
/// A class, because a copy of a client of a service costs as much as the rest of a call. Safe to send although it is mutable: only
/// what runs in one ``VirtualTime`` touches it, one after another on one thread.
final class SimulatedClient: @unchecked Sendable {
    let mesh: Mesh
    let resolver: ScriptedResolver
    let service: ServiceClient<SimulatedTransport, SimulatedClassifier>
    private let time: VirtualTime
    private var underWay = 0
    private var isRetired = false

    init(
        mesh: Mesh,
        service: ServiceClient<SimulatedTransport, SimulatedClassifier>,
        resolver: ScriptedResolver,
        time: VirtualTime
    ) {
        self.mesh = mesh
        self.service = service
        self.resolver = resolver
        self.time = time
    }

    func callBegan() { underWay += 1 }

    func callEnded() {
        underWay -= 1
        if isRetired { shutDownIfIdle() }
    }

    func call(_ request: SimulatedRequest, _ wish: CallWish) async throws -> SimulatedResponse {
        var context = CallContext(service: service.service, startedAt: mesh.clock.now)
        context.hashKey = wish.key
        context.subset = wish.subset
        return try await service.call(request, context: context)
    }

    /// No more calls come.
    func retire() {
        isRetired = true
        shutDownIfIdle()
    }

    private func shutDownIfIdle() {
        guard underWay == 0 else { return }
        _ = Task.detached(executorPreference: time) { [mesh] in await mesh.shutdown() }
    }
}

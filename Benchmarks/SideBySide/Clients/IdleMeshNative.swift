#if AsyncHTTPClient && Transport
import MeshCore
import MeshHTTP
import MeshTransport
import ServiceMesh

/// The mesh over its own transport, with idle connections.
struct IdleMeshNative: ConnectionHolder {
    private let mesh: Mesh
    private let transport: NativeTransport
    private let client: HTTPServiceClient<NativeTransport>

    init(_ load: Load) throws {
        let target = try Target("static:///\(load.addresses.joined(separator: ","))")
        mesh = Mesh(MeshConfiguration(services: ["backend": ServiceConfiguration(target: target)]))
        let perEndpoint = load.inFlight / load.addresses.count
        transport = NativeTransport(
            NativeTransport.Configuration(
                maximumConnectionsPerEndpoint: perEndpoint,
                minimumConnectionsPerEndpoint: perEndpoint
            )
        )
        client = try mesh.http("backend", over: transport)
    }

    /// How many is part of its configuration, and so is what the load allows. Each event loop opens its share of them when
    /// it sees the first call to an endpoint.
    func openConnections(_ count: Int) async throws {
        for executor in transport.executors {
            try await withTaskExecutorPreference(executor) {
                for _ in 0..<64 { _ = try await client.get("/", timeout: .seconds(10)).body.collect(upTo: 1024) }
            }
        }
    }

    func shutdown() async throws { await mesh.shutdown() }
}
#endif

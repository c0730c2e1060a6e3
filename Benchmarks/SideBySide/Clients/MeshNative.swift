#if AsyncHTTPClient
import MeshCore
import MeshHTTP
import MeshTransport
import ServiceMesh

/// The mesh over its own transport: the whole standard stack.
struct MeshNative: BenchmarkClient {
    private let mesh: Mesh
    private let client: HTTPServiceClient<NativeTransport>

    init(_ load: Load) throws {
        let target = try Target("static:///\(load.backend)")
        mesh = Mesh(MeshConfiguration(services: ["backend": ServiceConfiguration(target: target)]))
        client = try mesh.http("backend")
    }

    func get() async throws {
        let response = try await client.get("/", timeout: .seconds(10))
        _ = try await response.body.collect(upTo: 1 << 20)
        guard response.statusCode == 200 else { throw UnexpectedStatus(code: UInt(response.statusCode)) }
    }

    func shutdown() async throws { await mesh.shutdown() }
}
#endif

#if AsyncHTTPClient
import AsyncHTTPClient
import MeshAsyncHTTPClient
import MeshCore
import NIOCore
import NIOHTTP1
import ServiceMesh

/// The mesh over AsyncHTTPClient: the whole standard stack around one endpoint.
struct MeshOverAsyncHTTPClient: BenchmarkClient {
    private let mesh: Mesh
    private let client: MeshHTTPClient

    init(_ load: Load) throws {
        let target = try Target("static:///\(load.backend)")
        mesh = Mesh(MeshConfiguration(services: ["backend": ServiceConfiguration(target: target)]))
        client = MeshHTTPClient(mesh)
    }

    func get() async throws {
        let response = try await client.execute(HTTPClientRequest(url: "http://backend/"), timeout: .seconds(10))
        _ = try await response.body.collect(upTo: 1 << 20)
        guard response.status == .ok else { throw UnexpectedStatus(code: response.status.code) }
    }

    func shutdown() async throws { await mesh.shutdown() }
}
#endif

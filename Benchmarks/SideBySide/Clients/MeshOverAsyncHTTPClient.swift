#if AsyncHTTPClient && Transport
import AsyncHTTPClient
import MeshAsyncHTTPClient
import MeshCore
import NIOCore
import NIOHTTP1
import ServiceMesh

/// The mesh over AsyncHTTPClient: the whole standard stack around three endpoints.
struct MeshOverAsyncHTTPClient: BenchmarkClient {
    private let mesh: Mesh
    private let client: MeshHTTPClient
    private let url: String

    init(_ load: Load) throws {
        let target = try Target("static:///\(load.addresses.joined(separator: ","))")
        mesh = Mesh(MeshConfiguration(services: ["backend": ServiceConfiguration(target: target)]))
        client = MeshHTTPClient(mesh)
        url = "http://backend\(load.path)"
    }

    func get() async throws {
        let response = try await client.execute(HTTPClientRequest(url: url), timeout: .seconds(10))
        _ = try await response.body.collect(upTo: 1 << 20)
        guard response.status == .ok else { throw UnexpectedStatus(code: response.status.code) }
    }

    func shutdown() async throws { await mesh.shutdown() }
}
#endif

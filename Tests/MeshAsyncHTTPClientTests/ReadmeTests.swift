#if AsyncHTTPClient
import AsyncHTTPClient
import MeshAsyncHTTPClient
import MeshCore
import NIOCore
import MeshTesting
import ServiceMesh
import TestSupport
import Testing

// The snippet of README.md that adds the mesh to a service. Whoever changes one changes both.

@Suite(.takesTurns)
struct ReadmeTests {
    @Test func `a service that uses AsyncHTTPClient`() async throws {
        // Nobody listens there, and the error says so.
        let users = ServiceConfiguration(target: try Target("static:///127.0.0.1:1"))
        let mesh = Mesh(MeshConfiguration(services: ["users": users]))
        let client = MeshHTTPClient(mesh)

        let request = HTTPClientRequest(url: "http://users/42")
        let error = await #expect(throws: MeshError.self) {
            let response = try await client.execute(request, timeout: .seconds(20))
            _ = response.status
        }
        #expect(error?.code == .attemptsFailed)
        #expect(error?.description.contains("127.0.0.1:1") == true, "\(String(describing: error))")

        await mesh.shutdown()
    }
}
#endif

import MeshCore
import MeshTesting
import Testing

struct TransportLayerTests {
    private struct Renamed<Base: Transport<String, String>>: TransportLayer {
        let base: Base

        func send(_ request: String, to endpoint: Endpoint, context: CallContext) async throws -> String {
            try await base.send("renamed \(request)", to: endpoint, context: context)
        }
    }

    @Test func `a layer passes on which endpoints left, and the end`() async throws {
        let transport = InProcessTransport<String, String>()
        let endpoint = transport.serve(at: "10.0.0.1:80") { request, _ in request }
        let layers = Renamed(base: Renamed(base: transport))
        let context = CallContext(service: "users", startedAt: .zero)
        #expect(try await layers.send("call", to: endpoint, context: context) == "renamed renamed call")
        layers.retire(endpoint)
        #expect(transport.retirementCount(of: endpoint) == 1)
        await layers.shutdown()
        #expect(transport.isShutDown)
    }
}

import MeshCore
import MeshHTTP
import Testing

@Suite struct ReplayFilterTests {
    @Test("every request is made replayable, with 64 KiB by default")
    func prepares() async throws {
        let service = FunctionService<StubRequest, Int> { request, _ in request.replayLimit ?? -1 }
        let context = CallContext(service: "users", startedAt: .zero)
        #expect(try await service.filtered(by: ReplayFilter()).call(StubRequest(), context: context) == 65_536)
        #expect(try await service.filtered(by: ReplayFilter(limit: 7)).call(StubRequest(), context: context) == 7)
    }
}

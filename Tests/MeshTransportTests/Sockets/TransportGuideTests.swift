#if Transport
import HTTPTypes
import MeshCore
import MeshHTTP
import MeshTransport
import ServiceMesh
import Testing

// The snippets of docs/guides/transport.md that OwnLayersTests has not. Whoever changes one changes both.

@Suite("The guide to the native transport", .serialized, .oneAtATime, .timeLimit(.minutes(10)))
struct TransportGuideTests {
    private func withMesh(
        _ script: @escaping ScriptedServer.Script,
        _ body: (Mesh, ScriptedServer) async throws -> Void
    ) async throws {
        let server = try await ScriptedServer.start(script)
        let target = try Target("static:///127.0.0.1:\(server.port)")
        let mesh = Mesh(MeshConfiguration(services: ["users": ServiceConfiguration(target: target)]))
        let result: Result<Void, any Error>
        do { result = .success(try await body(mesh, server)) } catch { result = .failure(error) }
        await mesh.shutdown()
        await server.stop()
        try result.get()
    }

    @Test("a call, and its body")
    func call() async throws {
        try await withMesh({ _, _ in [.ok] }) { mesh, server in
            let users = try mesh.http("users")
            let response = try await users.get("/users/42", timeout: .seconds(20))
            let bytes = try await response.body.collect(upTo: 1_000_000)
            #expect(bytes == Array("ok".utf8))
            #expect(server.log.requests.map(\.line) == ["GET /users/42 HTTP/1.1"])
        }
    }

    @Test("trailers of a request, and those of a response passed on")
    func trailers() async throws {
        let trailing = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Digest: abc\r\n\r\n"
        try await withMesh({ _, _ in [.readBody, .send(trailing)] }) { mesh, server in
            let users = try mesh.http("users")
            let digestName = try #require(HTTPField.Name("X-Digest"))
            let digest = Task { "abc" }
            let chunks = Chunks(count: 3)
            let head = HTTPRequest(method: .post, scheme: nil, authority: nil, path: "/42")

            let body = HTTPBody(stream: chunks, trailers: { [digestName: await digest.value] })
            let response = try await users.execute(HTTPCallRequest(head, body: body))
            let next = HTTPBody(stream: response.body, trailers: { response.trailers ?? [:] })
            _ = try await users.execute(HTTPCallRequest(head, body: next)).body.collect(upTo: 100)
            #expect(server.log.requests.map(\.trailers) == [["X-Digest: abc"], ["X-Digest: abc"]])
        }
    }

    @Test("tasks that prefer the event loops of the transport")
    func executors() async throws {
        let paths = (0..<8).map { "/\($0)" }
        try await withMesh({ _, _ in [.ok] }) { mesh, server in
            let transport = NativeTransport()
            let users = try mesh.http("users", over: transport)
            let executors = transport.executors
            var tasks: [Task<Void, any Error>] = []
            for (number, path) in paths.enumerated() {
                tasks.append(
                    Task(executorPreference: executors[number % executors.count]) {
                        let response = try await users.get(path)
                        response.discard()
                    }
                )
            }
            for task in tasks { try await task.value }
            #expect(Set(server.log.requests.map(\.line)) == Set(paths.map { "GET \($0) HTTP/1.1" }))
        }
    }
}
#endif

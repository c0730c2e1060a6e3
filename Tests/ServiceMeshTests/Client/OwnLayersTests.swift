#if HTTP
import HTTPTypes
import MeshAdmission
import MeshCore
import MeshHTTP
import MeshTesting
import ServiceMesh
import Synchronization
import Testing

#if Transport
import MeshTransport
#endif

// The layers of docs/guides/transport.md. Whoever changes one changes both.

/// Answers what was asked before without another call.
private final class Remembering: Filter {
    private let answers = Mutex<[String: String]>([:])

    func call<Next: Service<Hello, String>>(
        _ request: Hello,
        context: CallContext,
        next: Next
    ) async throws -> String {
        if let answer = answers.withLock({ $0[request.name] }) { return answer }
        let answer = try await next.call(request, context: context)
        answers.withLock { $0[request.name] = answer }
        return answer
    }
}

/// Tells the endpoint which attempt this is.
private struct Numbered<Base: HTTPTransport>: HTTPTransport, TransportLayer {
    let base: Base

    func send(_ request: Base.Request, to endpoint: Endpoint, context: CallContext) async throws -> Base.Response {
        var request = request
        request.setHeader("x-attempt", to: "\(context.attempt)")
        return try await base.send(request, to: endpoint, context: context)
    }
}

private struct Hello: HeaderCarrier {
    var name: String

    func headerValues(_ name: String) -> [String] { [] }
    mutating func setHeader(_ name: String, to value: String) {}
}

@Suite("Layers of one's own") struct OwnLayersTests {
    private func mesh() throws -> Mesh {
        let target = try Target("static:///10.0.0.1:80")
        let deadline = DeadlinePolicy(timeout: nil)
        return Mesh(MeshConfiguration(services: ["users": ServiceConfiguration(target: target, deadline: deadline)]))
    }

    @Test func `a filter goes around a whole call`() async throws {
        let mesh = try mesh()
        let transport = InProcessTransport<Hello, String>()
        let server = transport.serve(at: "10.0.0.1:80") { hello, _ in "hello \(hello.name)" }
        transport.script([.refused], at: server)
        let users = try mesh.client(for: "users", over: transport, classifier: PlainClassifier())

        let remembering = users.filtered(by: Remembering())
        for _ in 0..<3 {
            let context = CallContext(service: users.service, startedAt: mesh.clock.now)
            #expect(try await remembering.call(Hello(name: "Ada"), context: context) == "hello Ada")
        }
        #expect(transport.callCount(at: server) == 2)
        await mesh.shutdown()
    }

    @Test func `what a filter has waited for is not the endpoint's latency`() async throws {
        let mesh = try mesh()
        let begun = Mutex<[MeshInstant]>([])
        let transport = InProcessTransport<Hello, String>()
        transport.serve(at: "10.0.0.1:80") { hello, context in
            begun.withLock { $0.append(context.attemptStartedAt) }
            return "hello \(hello.name)"
        }
        let users = try mesh.client(for: "users", over: transport, classifier: PlainClassifier())
        let now = mesh.clock.now
        let old = CallContext(service: "users", startedAt: MeshInstant(nanoseconds: now.nanoseconds - 1_000_000))
        for _ in 0..<2 { _ = try await users.call(Hello(name: "Ada"), context: old) }
        #expect(begun.withLock { $0 }.allSatisfy { $0 >= now })
        await mesh.shutdown()
    }

    @Test func `the deadline of the context bounds the call`() async throws {
        let mesh = try mesh()
        let transport = InProcessTransport<Hello, String>()
        transport.serve(at: "10.0.0.1:80") { hello, _ in "hello \(hello.name)" }
        let users = try mesh.client(for: "users", over: transport, classifier: PlainClassifier())
        let now = mesh.clock.now
        let late = CallContext(service: "users", startedAt: now, deadline: .after(.zero, from: now))
        let error = await #expect(throws: MeshError.self) { try await users.call(Hello(name: "Ada"), context: late) }
        #expect(error?.code == .deadlineExceeded)
        await mesh.shutdown()
    }

    @Test func `a layer goes around each attempt`() async throws {
        let mesh = try mesh()
        let transport = InProcessTransport<HTTPCallRequest, HTTPCallResponse>()
        let server = transport.serve(at: "10.0.0.1:80") { request, _ in
            HTTPCallResponse(.init(status: .ok), body: HTTPBody(request.headerValues("x-attempt").joined()))
        }
        transport.script([.refused], at: server)
        let users = try mesh.http("users", over: Numbered(base: transport))
        let response = try await users.get("/42")
        #expect(try await response.body.collect(upTo: 10) == Array("2".utf8))
        await mesh.shutdown()
        #expect(transport.isShutDown)
    }

    #if Transport
    @Test func `a request that cannot be sent is called that`() async throws {
        let mesh = try mesh()
        let users = try mesh.http("users", over: Numbered(base: NativeTransport()))
        let error = await #expect(throws: MeshError.self) { try await users.get("no slash") }
        #expect(error?.code == .invalidRequest)
        #expect((error?.lastCause as? TransportError)?.kind == .invalidRequest)
        await mesh.shutdown()
    }
    #endif
}
#endif

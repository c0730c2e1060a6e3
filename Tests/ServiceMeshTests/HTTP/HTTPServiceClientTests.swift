#if HTTP
import HTTPTypes
import MeshAdmission
import MeshCircuitBreaking
import MeshCore
import MeshDiscovery
import MeshHTTP
import MeshLoadBalancing
import MeshRetries
import MeshTesting
import Synchronization
import TestSupport
import Testing

@testable import ServiceMesh

@Suite("An HTTP client of the mesh", .takesTurns)
struct HTTPServiceClientTests {
    private typealias Endpoints = InProcessTransport<HTTPCallRequest, HTTPCallResponse>

    private let time = ManualClock()
    private let transport: Endpoints
    private let first: Endpoint
    private let second: Endpoint
    private let mesh: Mesh

    init() throws {
        transport = Endpoints(clock: time.clock)
        first = transport.serve(at: "10.0.0.1:80") { request, _ in
            HTTPCallResponse(.init(status: .ok), body: request.body)
        }
        second = transport.serve(at: "10.0.0.2:80") { request, _ in
            HTTPCallResponse(.init(status: .ok), body: request.body)
        }
        var configuration = ServiceConfiguration(target: try Target("static:///10.0.0.1:80,10.0.0.2:80"))
        configuration.loadBalancing = .weightedRoundRobin
        configuration.http.retryable.insert(503)
        mesh = Mesh(
            MeshConfiguration(services: ["users": configuration]),
            environment: MeshEnvironment(clock: time.clock, seed: 7)
        )
    }

    private func expectNothingLeft() async {
        #expect(mesh.isIdle)
        #expect(mesh.armedCount == 0)
        #expect(mesh.endpoints(of: "users")?.allSatisfy { $0.inFlight == 0 } == true)
        await mesh.shutdown()
        #expect(time.sleeperCount == 0)
    }

    private func post(_ body: HTTPBody, _ method: HTTPRequest.Method = .put) -> HTTPCallRequest {
        HTTPCallRequest(HTTPRequest(method: method, scheme: "http", authority: nil, path: "/42"), body: body)
    }

    /// A body that comes in pieces and can be read once.
    private func stream(_ pieces: [String]) -> HTTPBody {
        let (stream, continuation) = AsyncThrowingStream.makeStream(of: ArraySlice<UInt8>.self)
        for piece in pieces { continuation.yield(Array(piece.utf8)[...]) }
        continuation.finish()
        return HTTPBody(stream: stream)
    }

    // The filter of docs/guides/load-balancing.md, with which `LoadBalancingGuideTests` compares it.
    private struct ByUser: Filter {
        func call<Next: Service<HTTPCallRequest, HTTPCallResponse>>(
            _ request: HTTPCallRequest,
            context: CallContext,
            next: Next
        ) async throws -> HTTPCallResponse {
            var context = context
            context.hashKey = request.head.headerFields[.userID].map { XXH64.hash($0) }
            return try await next.call(request, context: context)
        }
    }

    #if Transport
    private func callByUser(_ mesh: Mesh) async throws -> HTTPCallResponse {
        let users = try mesh.http("users").filtered(by: ByUser())
        let response = try await users.call(request, context: CallContext(service: "users", startedAt: mesh.clock.now))
        return response
    }

    private let request = HTTPCallRequest(HTTPRequest(method: .get, scheme: "http", authority: nil, path: "/42"))
    #endif

    @Test func `a filter around the client says what the call is about`() async throws {
        var configuration = ServiceConfiguration(target: try Target("static:///10.0.0.1:80,10.0.0.2:80"))
        configuration.loadBalancing = .maglev
        let mesh = Mesh(
            MeshConfiguration(services: ["users": configuration]),
            environment: MeshEnvironment(clock: time.clock, seed: 7)
        )
        for (number, endpoint) in [first, second].enumerated() {
            transport.serve(endpoint) { request, _ in
                let text = "\(number) \(request.head.authority ?? "")"
                return HTTPCallResponse(.init(status: .ok), body: HTTPBody(text))
            }
        }
        let users = try mesh.http("users", over: transport).filtered(by: ByUser())
        var answers: [String: Set<String>] = [:]
        for call in 0..<200 {
            var request = post(HTTPBody(""), .get)
            request.head.headerFields[.userID] = "user \(call % 10)"
            let context = CallContext(service: "users", startedAt: time.now)
            let response = try await users.call(request, context: context)
            let text = String(decoding: try await response.body.collect(upTo: 100), as: UTF8.self)
            answers["user \(call % 10)", default: []].insert(text)
        }
        #expect(answers.values.allSatisfy { $0.count == 1 }, "\(answers)")
        #expect(Set(answers.values) == [["0 users"], ["1 users"]])
        await mesh.shutdown()
    }

    @Test func `a header is the key of a call where the configuration says so`() async throws {
        var configuration = ServiceConfiguration(target: try Target("static:///10.0.0.1:80,10.0.0.2:80"))
        configuration.loadBalancing = .ringHash
        configuration.hashHeader = "x-user-id"
        let mesh = Mesh(
            MeshConfiguration(services: ["users": configuration]),
            environment: MeshEnvironment(clock: time.clock, seed: 7)
        )
        for (number, endpoint) in [first, second].enumerated() {
            transport.serve(endpoint) { _, _ in HTTPCallResponse(.init(status: .ok), body: HTTPBody("\(number)")) }
        }
        let users = try mesh.http("users", over: transport)
        var answers: [String: Set<[UInt8]>] = [:]
        for call in 0..<200 {
            let response = try await users.get("/", headers: [.userID: "user \(call % 20)"])
            answers["\(call % 20)", default: []].insert(try await response.body.collect(upTo: 100))
        }
        #expect(answers.values.allSatisfy { $0.count == 1 }, "\(answers)")
        #expect(Set(answers.values).count == 2)
        await mesh.shutdown()
    }

    @Test func `prequal asks for the load at its path, and believes the answers`() async throws {
        var configuration = ServiceConfiguration(target: try Target("static:///10.0.0.1:80,10.0.0.2:80"))
        configuration.loadBalancing = .prequal
        configuration.probePath = "/load"
        let mesh = Mesh(
            MeshConfiguration(services: ["users": configuration]),
            environment: MeshEnvironment(clock: time.clock, seed: 7)
        )
        let probes = Mutex([0, 0])
        let calls = Mutex([0, 0])
        for (number, endpoint) in [first, second].enumerated() {
            transport.serve(endpoint) { request, _ in
                guard request.head.path == "/load" else {
                    calls.withLock { $0[number] += 1 }
                    return HTTPCallResponse(.init(status: .ok), body: HTTPBody("ok"))
                }
                probes.withLock { $0[number] += 1 }
                let load = ProbeResponse(requestsInFlight: 1, latency: .milliseconds(number == 0 ? 90 : 1))
                var head = HTTPResponse(status: .noContent)
                head.headerFields.setProbeResponse(load)
                return HTTPCallResponse(head, body: HTTPBody(""))
            }
        }
        let users = try mesh.http("users", over: transport)
        for _ in 0..<200 {
            _ = try await users.get("/").body.collect(upTo: 100)
            for _ in 0..<20 { await Task.yield() }
        }
        let asked = probes.withLock { $0 }
        #expect(asked.allSatisfy { $0 > 20 }, "\(asked)")
        let counts = calls.withLock { $0 }
        #expect(counts[1] > counts[0], "\(counts)")
        await mesh.shutdown()
        #expect(time.sleeperCount == 0)
    }

    @Test func `a request names the service, the path and the time that is left`() async throws {
        for endpoint in [first, second] {
            transport.serve(endpoint) { request, _ in
                let left = request.headerValues(RemainingTime.headerName).joined()
                let text = "\(request.head.method) \(request.head.authority ?? "") \(request.head.path ?? "") \(left)"
                return HTTPCallResponse(.init(status: .ok), body: HTTPBody(text))
            }
        }
        let client = try mesh.http("users", over: transport)
        let response = try await client.get("/42?full=yes", timeout: .seconds(2))
        #expect(response.statusCode == 200)
        #expect(try await response.body.collect(upTo: 1000) == Array("GET users /42?full=yes 2000".utf8))
        await expectNothingLeft()
    }

    @Test func `the host is the authority of the request, else its field, else the service`() async throws {
        for endpoint in [first, second] {
            transport.serve(endpoint) { request, _ in
                HTTPCallResponse(.init(status: .ok), body: HTTPBody(request.authority ?? "nobody"))
            }
        }
        let client = try mesh.http("users", over: transport)
        let name = try #require(HTTPField.Name("Host"))
        var request = HTTPCallRequest(HTTPRequest(method: .get, scheme: "http", authority: nil, path: "/"))
        func host() async throws -> String {
            String(decoding: try await client.execute(request).body.collect(upTo: 100), as: UTF8.self)
        }
        #expect(try await host() == "users")
        request.head.headerFields[name] = "api.example"
        #expect(try await host() == "api.example")
        let response = try await client.get("/", headers: [name: "api.example"])
        #expect(try await response.body.collect(upTo: 100) == Array("api.example".utf8))
        request.head.authority = "other.example"
        #expect(try await host() == "other.example")
        await expectNothingLeft()
    }

    @Test func `the time that is left does not count the wait for discovery`() async throws {
        let resolver = ScriptedResolver()
        var registry = ResolverRegistry()
        registry.register("scripted") { _, _ in resolver }
        let mesh = Mesh(
            MeshConfiguration(services: ["users": ServiceConfiguration(target: try Target("scripted:///users"))]),
            environment: MeshEnvironment(clock: time.clock, resolvers: registry, seed: 7)
        )
        transport.serve(first) { request, _ in
            HTTPCallResponse(
                .init(status: .ok),
                body: HTTPBody(request.headerValues(RemainingTime.headerName).joined())
            )
        }
        let client = try mesh.http("users", over: transport)
        let call = Task { try await client.get("/", timeout: .seconds(10)) }
        // The deadline of the wait.
        await time.sleepers()
        time.advance(by: .seconds(4))
        resolver.yield([first])
        #expect(try await call.value.body.collect(upTo: 100) == Array("6000".utf8))
        await mesh.shutdown()
        await self.mesh.shutdown()
        #expect(time.sleeperCount == 0)
    }

    @Test func `statuses are judged as the service is configured`() async throws {
        transport.set(.response(HTTPCallResponse(.init(status: .serviceUnavailable))), at: first)
        let client = try mesh.http("users", over: transport)
        let statuses = try await time.skippingPauses {
            var statuses: [Int] = []
            for _ in 0..<6 { statuses.append(try await client.get("/").statusCode) }
            return statuses
        }
        #expect(statuses == Array(repeating: 200, count: 6))
        #expect(transport.callCount(at: first) > 0)
        await expectNothingLeft()
    }

    @Test func `a streaming body within the replay limit is sent again`() async throws {
        failAfterTheBody(at: first)
        let client = try mesh.http("users", over: transport)
        let bodies = try await time.skippingPauses {
            var bodies: [String] = []
            for _ in 0..<2 {
                let response = try await client.execute(post(stream(["hello ", "world"])))
                bodies.append(String(decoding: try await response.body.collect(upTo: 1000), as: UTF8.self))
            }
            return bodies
        }
        #expect(bodies == ["hello world", "hello world"])
        #expect(transport.callCount(at: first) == 1)
        await expectNothingLeft()
    }

    @Test func `a streaming body beyond the replay limit gets one attempt`() async throws {
        failAfterTheBody(at: first)
        failAfterTheBody(at: second)
        let client = try mesh.http("users", over: transport, replayLimit: 8)
        let error = try await time.skippingPauses {
            await #expect(throws: MeshError.self) { try await client.execute(post(stream(["hello ", "world"]))) }
        }
        #expect(error?.code == .attemptsFailed)
        #expect(error?.attempts.count == 1)
        #expect(transport.callCount(at: first) + transport.callCount(at: second) == 1)
        await expectNothingLeft()
    }

    @Test func `a request that is not idempotent gets one attempt, unless it was never sent`() async throws {
        for endpoint in [first, second] { transport.set(.reset, at: endpoint) }
        let client = try mesh.http("users", over: transport)
        let error = await #expect(throws: MeshError.self) { try await client.execute(post(HTTPBody("order"), .post)) }
        #expect(error?.attempts.count == 1)
        transport.set(.none, at: second)
        transport.set(.refused, at: first)
        for _ in 0..<2 { #expect(try await client.execute(post(HTTPBody("order"), .post)).statusCode == 200) }
        await expectNothingLeft()
    }

    @Test func `a call is under way until its body has ended, been dropped or failed`() async throws {
        struct Broken: Error {}
        for ending in ["read", "dropped", "failed"] {
            let (stream, continuation) = AsyncThrowingStream.makeStream(of: ArraySlice<UInt8>.self)
            for endpoint in [first, second] {
                transport.serve(endpoint) { _, _ in HTTPCallResponse(.init(status: .ok), body: HTTPBody(stream: stream))
                }
            }
            let client = try mesh.http("users", over: transport)
            var response: HTTPCallResponse? = try await client.get("/")
            #expect(mesh.inFlight == 1)
            #expect(!mesh.isIdle)
            #expect(mesh.armedCount == 1)
            switch ending {
            case "read":
                continuation.finish()
                _ = try await response?.body.collect(upTo: 10)
            case "failed":
                continuation.finish(throwing: Broken())
                await #expect(throws: Broken.self) { try await response?.body.collect(upTo: 10) }
            default:
                transport.serve(first) { _, _ in HTTPCallResponse(.init(status: .ok)) }
                transport.serve(second) { _, _ in HTTPCallResponse(.init(status: .ok)) }
                response?.discard()
            }
            response = nil
            #expect(mesh.inFlight == 0, "\(ending)")
            #expect(mesh.armedCount == 0, "\(ending)")
        }
        await expectNothingLeft()
    }

    @Test func `a caller that is cancelled within the body gives everything back`() async throws {
        let (stream, continuation) = AsyncThrowingStream.makeStream(of: ArraySlice<UInt8>.self)
        for endpoint in [first, second] {
            transport.serve(endpoint) { _, _ in HTTPCallResponse(.init(status: .ok), body: HTTPBody(stream: stream)) }
        }
        let client = try mesh.http("users", over: transport)
        let call = Task {
            let response = try await client.get("/")
            return try await response.body.collect(upTo: 10)
        }
        while mesh.inFlight == 0 { await Task.yield() }
        call.cancel()
        _ = await call.result
        continuation.finish()
        await expectNothingLeft()
    }

    @Test func `an unknown service is an error`() async throws {
        #expect(throws: UnknownServiceError.self) { try mesh.http("orders", over: transport) }
        await mesh.shutdown()
    }

    private func failAfterTheBody(at endpoint: Endpoint) {
        transport.serve(endpoint) { request, _ in
            _ = try await request.body.collect(upTo: 1000)
            throw InProcessError.connectionReset(endpoint.address)
        }
    }
}

extension HTTPField.Name {
    static let userID = Self("x-user-id")!
}
#endif

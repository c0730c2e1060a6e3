import MeshAdmission
import MeshCore
import MeshDiscovery
import MeshHTTP
import MeshLoadBalancing
import MeshTelemetry
import MeshTesting
import ServiceMesh
import Synchronization
import Testing

#if HTTP
import HTTPTypes
#endif

// The snippets of docs/guides/testing.md. Whoever changes one changes both.

/// A request of one's own. The mesh writes trace context into its headers, so it has some.
struct Hello: HeaderCarrier {
    var name: String
    var headers: [String: String] = [:]

    func headerValues(_ name: String) -> [String] { headers[name.lowercased()].map { [$0] } ?? [] }
    mutating func setHeader(_ name: String, to value: String) { headers[name.lowercased()] = value }
}

/// A busy machine must not fail a test: no call of these ends for lack of time, unless it says so.
private let patient = DeadlinePolicy(timeout: nil)

struct TestingGuideTests {
    @Test func `one server down does not fail a call`() async throws {
        let transport = InProcessTransport<Hello, String>()
        let first = transport.serve(at: "10.0.0.1:80") { hello, _ in "hello \(hello.name)" }
        let second = transport.serve(at: "10.0.0.2:80") { hello, _ in "hello \(hello.name)" }
        transport.kill(first)

        let target = try Target("static:///10.0.0.1:80,10.0.0.2:80")
        let mesh = Mesh(
            MeshConfiguration(services: ["greeter": ServiceConfiguration(target: target, deadline: patient)])
        )
        let client = try mesh.client(for: "greeter", over: transport, classifier: PlainClassifier())

        for _ in 0..<20 {
            #expect(try await client.call(Hello(name: "Ada")) == "hello Ada")
        }
        #expect(transport.callCount(at: second) == 20)

        await mesh.shutdown()
        #expect(transport.isShutDown)
    }

    #if HTTP
    @Test func `a body that breaks off fails where it is read, and is not asked for again`() async throws {
        struct BrokenOff: Error {}
        let transport = InProcessTransport<HTTPCallRequest, HTTPCallResponse>()
        let server = transport.serve(at: "10.0.0.1:80") { _, _ in
            let (chunks, feed) = AsyncThrowingStream.makeStream(of: HTTPBody.Chunk.self)
            feed.yield(Array("half of ".utf8)[...])
            feed.finish(throwing: BrokenOff())
            return HTTPCallResponse(HTTPResponse(status: .ok), body: HTTPBody(stream: chunks, length: 16))
        }

        let target = try Target("static:///10.0.0.1:80")
        let mesh = Mesh(
            MeshConfiguration(services: ["greeter": ServiceConfiguration(target: target, deadline: patient)])
        )
        let greeter = try mesh.http("greeter", over: transport)

        let response = try await greeter.get("/")
        await #expect(throws: BrokenOff.self) { try await response.body.collect(upTo: 1_000) }
        #expect(transport.callCount(at: server) == 1)
        await mesh.shutdown()
    }
    #endif

    @Test func `a server that never answers costs the caller its timeout and no more`() async throws {
        let time = ManualClock()
        let transport = InProcessTransport<Hello, String>(clock: time.clock)
        let server = transport.serve(at: "10.0.0.1:80") { _, _ in "hello" }
        transport.set(.hang, at: server)

        let target = try Target("static:///10.0.0.1:80")
        let mesh = Mesh(
            MeshConfiguration(services: ["greeter": ServiceConfiguration(target: target, deadline: patient)]),
            environment: MeshEnvironment(clock: time.clock, seed: 1)
        )
        let client = try mesh.client(for: "greeter", over: transport, classifier: PlainClassifier())

        let call = Task { try await client.call(Hello(name: "Ada"), timeout: .seconds(1)) }
        await time.sleepers(atLeast: 2)  // the server that hangs, and the timer of the mesh
        time.advance(by: .seconds(1))

        let error = await #expect(throws: MeshError.self) { try await call.value }
        #expect(error?.code == .deadlineExceeded)
        #expect(error?.attempts.first?.address == server.address)
        await mesh.shutdown()
    }

    @Test func `a server that refuses is ejected, and asked again later`() async throws {
        let time = ManualClock()
        let transport = InProcessTransport<Hello, String>(clock: time.clock)
        let bad = transport.serve(at: "10.0.0.1:80") { _, _ in "hello" }
        transport.serve(at: "10.0.0.2:80") { _, _ in "hello" }
        transport.set(.refused, at: bad)

        var greeter = ServiceConfiguration(target: try Target("static:///10.0.0.1:80,10.0.0.2:80"))
        greeter.loadBalancing = .weightedRoundRobin
        let mesh = Mesh(
            MeshConfiguration(services: ["greeter": greeter]),
            environment: MeshEnvironment(clock: time.clock, seed: 1)
        )
        let events = mesh.events.subscribe()
        let client = try mesh.client(for: "greeter", over: transport, classifier: PlainClassifier())

        for _ in 0..<20 { _ = try await client.call(Hello(name: "Ada")) }
        let callsUntilEjected = transport.callCount(at: bad)
        #expect(callsUntilEjected == 5)

        transport.set(.none, at: bad)
        time.advance(by: .seconds(5))
        for _ in 0..<20 { _ = try await client.call(Hello(name: "Ada")) }
        #expect(transport.callCount(at: bad) > callsUntilEjected)

        await mesh.shutdown()
        var ejected: [Address] = []
        var readmitted: [Address] = []
        for await event in events {
            switch event {
            case .endpointEjected(_, let address, _, _): ejected.append(address)
            case .endpointReadmitted(_, let address): readmitted.append(address)
            default: break
            }
        }
        #expect(ejected == [bad.address])
        #expect(readmitted == [bad.address])
    }

    @Test func `calls follow discovery, and outlive its failure`() async throws {
        let transport = InProcessTransport<Hello, String>()
        let old = transport.serve(at: "10.0.0.1:80") { _, _ in "old" }
        let new = transport.serve(at: "10.0.0.2:80") { _, _ in "new" }

        let resolver = ScriptedResolver([old])
        var environment = MeshEnvironment()
        environment.resolvers.register("scripted") { _, _ in resolver }
        let target = try Target("scripted:///greeter")
        let mesh = Mesh(
            MeshConfiguration(services: ["greeter": ServiceConfiguration(target: target, deadline: patient)]),
            environment: environment
        )
        var events = mesh.events.subscribe().makeAsyncIterator()
        let client = try mesh.client(for: "greeter", over: transport, classifier: PlainClassifier())
        #expect(try await client.call(Hello(name: "Ada")) == "old")

        resolver.fail("the registry is down")
        while let event = await events.next() {
            if case .resolutionFailed = event { break }
        }
        #expect(try await client.call(Hello(name: "Ada")) == "old")

        resolver.yield([new])
        while let event = await events.next() {
            if case .endpointSetUpdated(_, added: 1, removed: 1, total: 1) = event { break }
        }
        #expect(try await client.call(Hello(name: "Ada")) == "new")
        #expect(transport.retirementCount(of: old) == 1)
        await mesh.shutdown()
    }

    @Test func `the registry resolver obeys the rules of resolvers`() async throws {
        let report = try await ResolverConformance {
            let time = ManualClock()
            let registry = Registry()
            return ResolverConformance.Subject(
                RegistryResolver(registry: registry, clock: time.clock),
                change: { registry.answer = .endpoints($0) },
                fail: { registry.answer = .failure(ResolutionError(source: "registry", reason: "it is down")) },
                tick: {
                    time.advance(by: .milliseconds(100))
                    await Task.yield()
                },
                resources: { time.sleeperCount }
            )
        }.check()
        #expect(report.skipped.isEmpty)
    }
}

/// Asks a registry once a second.
struct RegistryResolver: Resolver {
    let registry: Registry
    let clock: MeshClock

    func resolutions() -> ResolutionStream {
        ResolutionStream { [registry, clock] yield in
            repeat {
                yield(registry.answer)
            } while (try? await clock.sleep(until: clock.now.advanced(by: .seconds(1)))) != nil
        }
    }
}

/// The source of ``RegistryResolver``.
final class Registry: Sendable {
    private let state = Mutex(Resolution.endpoints(.empty))

    var answer: Resolution {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }
}

import MeshAdmission
import MeshCore
import MeshDiscovery
import MeshFileDiscovery
import MeshTesting
import ServiceMesh
import Synchronization
import Testing

#if DNS
import MeshDNS
#endif

// The snippets of docs/guides/discovery.md and docs/guides/dns.md. Whoever changes one changes both.

/// A busy machine must not fail a test: no call of these ends for lack of time.
private let patient = DeadlinePolicy(timeout: nil)

struct DiscoveryGuideTests {
    @Test func `following a resolver`() async throws {
        let users = try StaticResolver(Target("static:///10.0.0.1:80,10.0.0.2:80"))
        let watcher = EndpointWatcher(users, onUpdate: { set in print(set.count) }, onEvent: { print($0) })
        let following = Task { await watcher.run() }
        while watcher.current == nil { await Task.yield() }
        following.cancel()
        await following.value
        #expect(watcher.current?.count == 2)
    }

    @Test func `combining resolvers`() async throws {
        let (primary, backup, anotherCluster) = (
            ScriptedResolver([]), ScriptedResolver([Endpoint(try Address("10.0.0.2:80"))]),
            ScriptedResolver([
                Endpoint(try Address("10.0.0.3:80")),
                Endpoint(try Address("10.0.0.4:80"), metadata: ["version": "0.9"]),
            ])
        )
        let resolver =
            primary
            .fallback(to: backup, after: .seconds(5))
            .merged(with: anotherCluster)
            .filterEndpoints { $0.metadata["version"] != "0.9" }
        for await resolution in resolver.resolutions() {
            guard case .endpoints(let set) = resolution else { continue }
            #expect(set.endpoints.allSatisfy { $0.metadata["version"] == nil })
            break
        }
    }

    @Test func `a resolver of one's own obeys the rules`() async throws {
        try await ResolverConformance {
            let registry = FakeRegistry()
            return ResolverConformance.Subject(
                ChangesResolver(registry: registry),
                change: { registry.set($0) }
            )
        }.check()
    }

    @Test func `a resolver of one's own in a mesh`() async throws {
        let registry = FakeRegistry()
        registry.set(EndpointSet([Endpoint(try Address("10.0.0.1:80"))]))
        var environment = MeshEnvironment()
        environment.resolvers.register("registry") { target, clock in
            let file = FileResolver(path: "/etc/mesh/users.json", clock: clock)
            return ChangesResolver(registry: registry).fallback(to: file, after: .seconds(5), clock: clock)
        }
        let users = ServiceConfiguration(target: try Target("registry:///users"), deadline: patient)
        let mesh = Mesh(MeshConfiguration(services: ["users": users]), environment: environment)

        let transport = InProcessTransport<Hello, String>()
        transport.serve(at: "10.0.0.1:80") { hello, _ in "hello \(hello.name)" }
        let client = try mesh.client(for: "users", over: transport, classifier: PlainClassifier())
        #expect(try await client.call(Hello(name: "Ada")) == "hello Ada")
        await mesh.shutdown()
    }

    #if DNS
    @Test func `one client of DNS for all services`() async throws {
        let configuration = MeshConfiguration(services: [
            "users": ServiceConfiguration(target: try Target("dns:///10.0.0.1:80"), deadline: patient)
        ])
        let client = DNSClient(policy: DNSPolicy(addressFamilies: .v4, longestLifetime: .seconds(60)))
        var environment = MeshEnvironment()
        for scheme in ["dns", "dns+srv"] {
            environment.resolvers.register(scheme) { target, _ in try DNSResolver(target, client: client) }
        }
        let mesh = Mesh(configuration, environment: environment)

        let transport = InProcessTransport<Hello, String>()
        transport.serve(at: "10.0.0.1:80") { hello, _ in "hello \(hello.name)" }
        let users = try mesh.client(for: "users", over: transport, classifier: PlainClassifier())
        #expect(try await users.call(Hello(name: "Ada")) == "hello Ada")
        await mesh.shutdown()
    }

    @Test func `a name to be asked for`() throws {
        let resolver = try DNSResolver(Target("dns:///users.prod.svc:8080"))
        withExtendedLifetime(resolver) {}
    }
    #endif
}

/// `RegistryResolver` of the guide.
private struct ChangesResolver: Resolver {
    let registry: FakeRegistry

    func resolutions() -> ResolutionStream {
        ResolutionStream { yield in
            for await instances in registry.changes() {
                yield(.endpoints(EndpointSet(instances.map { Endpoint($0.address) })))
            }
        }
    }
}

/// A registry that tells of what is in it now and whenever that changes.
private final class FakeRegistry: Sendable {
    struct Instance {
        let address: Address
    }

    private struct State {
        var instances: [Instance] = []
        var listeners: [AsyncStream<[Instance]>.Continuation] = []
    }

    private let state = Mutex(State())

    func changes() -> AsyncStream<[Instance]> {
        let (stream, continuation) = AsyncStream.makeStream(of: [Instance].self)
        state.withLock { state in
            continuation.yield(state.instances)
            state.listeners.append(continuation)
        }
        return stream
    }

    func set(_ endpoints: EndpointSet) {
        state.withLock { state in
            state.instances = endpoints.endpoints.map { Instance(address: $0.address) }
            for listener in state.listeners { listener.yield(state.instances) }
        }
    }
}

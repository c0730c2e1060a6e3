import MeshCore
import MeshDiscovery
import MeshTesting
import Synchronization
import Testing

#if DNS
import MeshDNS
#endif

// The snippets of docs/guides/discovery.md and docs/guides/dns.md. Whoever changes one changes both.

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

    #if DNS
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

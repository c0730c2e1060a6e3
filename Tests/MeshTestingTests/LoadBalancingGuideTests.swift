import MeshCore
import MeshLoadBalancing
import MeshTesting
import ServiceMesh
import Testing

// The snippets of docs/guides/load-balancing.md. Whoever changes one changes both.

struct LoadBalancingGuideTests {
    private struct TimeoutError: Error {}

    @Test func `choosing a policy`() throws {
        var users = ServiceConfiguration(target: try Target("dns:///users.prod.svc:8080"))
        users.loadBalancing = .leastRequest
        #expect(users.loadBalancing == .leastRequest)
    }

    @Test func `a lease ends with what came of the call`() async throws {
        let clock = ManualClock().clock
        let endpoints = EndpointSet([Endpoint(try Address("10.0.0.1:80")), Endpoint(try Address("10.0.0.2:80"))])
        let balancer = LoadBalancer(endpoints: endpoints, clock: clock)
        let failed: [Address] = []
        func ask(_ endpoint: Endpoint) async throws {
            #expect(balancer.status(at: clock.now).reduce(0) { $0 + $1.inFlight } == 1)
            throw TimeoutError()
        }

        let lease = try balancer.pick(at: clock.now, avoiding: failed)
        do {
            try await ask(lease.endpoint)
            lease.end(.success, at: clock.now)
        } catch is TimeoutError {
            lease.end(.failure, at: clock.now)
        }
        #expect(balancer.status(at: clock.now).reduce(0) { $0 + $1.inFlight } == 0)
    }
}

import Foundation
import MeshCore
import MeshLoadBalancing
import MeshTesting
import ServiceMesh
import Testing

/// The snippets of `docs/guides/load-balancing.md`.
struct LoadBalancingGuideTests {
    private struct TimeoutError: Error {}

    /// Layout apart. What needs HTTP is compiled with the tests of HTTP clients.
    @Test func `every snippet stands in a file that is compiled`() throws {
        let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        func text(_ path: String) throws -> String {
            try String(contentsOf: package.appending(path: path), encoding: .utf8)
        }
        func squeezed(_ text: String) -> String { text.filter { !$0.isWhitespace } }
        let sources = try [
            "Tests/MeshTestingTests/LoadBalancingGuideTests.swift",
            "Tests/ServiceMeshTests/HTTP/HTTPServiceClientTests.swift",
        ].map { squeezed(try text($0)) }
        let snippets = try text("docs/guides/load-balancing.md").components(separatedBy: "\n```swift\n").dropFirst()
            .compactMap { $0.components(separatedBy: "\n```").first }
        #expect(snippets.count >= 6)
        for paragraph in snippets.flatMap({ $0.components(separatedBy: "\n\n") }) {
            #expect(sources.contains { $0.contains(squeezed(paragraph)) }, "\(paragraph)")
        }
        #expect(try text("docs/guides/load-balancing.md").contains("fourteen rules"))
        #expect(LoadBalancingRule.allCases.count == 14)
    }

    @Test func `choosing a policy`() throws {
        var users = ServiceConfiguration(target: try Target("dns:///users.prod.svc:8080"))
        users.loadBalancing = .leastRequest
        #expect(users.loadBalancing == .leastRequest)
    }

    @Test func `rules before the policy`() throws {
        var users = ServiceConfiguration(target: try Target("dns:///users.prod.svc:8080"))
        users.routing.slowStart = SlowStart(window: .seconds(30))
        users.routing.maximumInFlight = 100
        users.routing.localities = .zoneAware(ZoneAware(local: Locality(region: "eu", zone: "eu-1a")))
        users.routing.subsets = SubsetRules(keys: [["version"]], fallback: .anyEndpoint)
        #expect(users != ServiceConfiguration(target: users.target))
    }

    @Test func `who talks to whom`() throws {
        let (ordinal, replicas) = (3, 40)
        let (users, instances) = (EndpointSet.empty, EndpointSet.empty)
        let own = try Address("10.0.0.7:80")

        var routing = EndpointRouting()
        routing.subsetting = .random
        let aperture = Aperture(coordinate: try ProcessCoordinate(instance: ordinal, of: replicas))
        routing.subsetting = .aperture(aperture)
        let balancer = LoadBalancer(endpoints: users, routing: routing)
        // Whenever discovery of the own service has news:
        if let coordinate = ProcessCoordinate(of: own, among: instances) { balancer.update(coordinate) }

        #expect(balancer.routing.subsetting == .aperture(aperture))
    }

    @Test func `a policy of one's own`() {
        let first = CustomPolicy("first") { choices, _ in choices.indices.first { choices.mayAsk($0) } }
        #expect(!LoadBalancingConformance(.custom(first)).report().violations.isEmpty)
    }

    @Test func `a lease ends with what came of the call`() async throws {
        let clock = ManualClock().clock
        let endpoints = EndpointSet([Endpoint(try Address("10.0.0.1:80")), Endpoint(try Address("10.0.0.2:80"))])
        let balancer = LoadBalancer(endpoints: endpoints, clock: clock)
        let failed: [Address] = []
        func ask(_ endpoint: Endpoint) async throws -> String {
            #expect(balancer.status(at: clock.now).reduce(0) { $0 + $1.inFlight } == 1)
            throw TimeoutError()
        }

        func call() async throws -> String? {
            let lease = try balancer.pick(at: clock.now, avoiding: failed)
            do {
                let answer = try await ask(lease.endpoint)
                lease.end(.success, at: clock.now)
                return answer
            } catch is TimeoutError {
                lease.end(.failure, at: clock.now)
            }
            return nil
        }
        #expect(try await call() == nil)
        #expect(balancer.status(at: clock.now).reduce(0) { $0 + $1.inFlight } == 0)
    }
}

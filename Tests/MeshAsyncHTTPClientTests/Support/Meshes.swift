#if AsyncHTTPClient
import AsyncHTTPClient
import MeshAdmission
import MeshCircuitBreaking
import MeshCore
import MeshLoadBalancing
import MeshRetries
import NIOCore
import TestSupport
import Testing

@testable import MeshAsyncHTTPClient
@testable import ServiceMesh

extension RawServer {
    /// The server as part of a target.
    var address: String { "127.0.0.1:\(port)" }
}

/// A mesh with one service, `users`, and a client of it.
struct UsersMesh: Sendable {
    let mesh: Mesh
    let client: MeshHTTPClient

    /// - Parameters:
    ///   - addresses: Where the servers are.
    ///   - target: Who says where they are, instead.
    ///   - environment: What knows the scheme of the target.
    ///   - timeout: The longest that a call may take; the default of a service unless said otherwise.
    init(
        at addresses: [String] = [],
        target: String? = nil,
        environment: MeshEnvironment = MeshEnvironment(),
        breaker: CircuitBreakerPolicy = .disabled,
        retries: RetryPolicy = RetryPolicy(),
        timeout: Duration? = nil,
        drainTimeout: Duration = .seconds(30),
        transport: AsyncHTTPClientTransport.Configuration = .test(),
        otherHosts: MeshHTTPClient.OtherHosts = .refuse,
        replayLimit: Int = 64 * 1024,
        policy: LoadBalancingPolicy = .peakEWMA
    ) throws {
        var users = ServiceConfiguration(
            target: try Target(target ?? "static:///" + addresses.joined(separator: ",")),
            loadBalancing: policy,
            circuitBreaking: breaker,
            retries: retries
        )
        if let timeout { users.deadline.timeout = timeout }
        mesh = Mesh(
            MeshConfiguration(services: ["users": users], drainTimeout: drainTimeout),
            environment: environment
        )
        client = MeshHTTPClient(mesh, transport: transport, otherHosts: otherHosts, replayLimit: replayLimit)
    }

    /// Which endpoints may be asked.
    var availability: [Availability] { (mesh.endpoints(of: "users") ?? []).map(\.availability) }

    func get(_ url: String = "http://users/", timeout: TimeAmount = .seconds(30)) async throws -> HTTPClientResponse {
        try await client.execute(HTTPClientRequest(url: url), timeout: timeout)
    }

    /// Gets a response and expects its body.
    func expect(
        _ expected: String,
        from url: String = "http://users/",
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let text = try await text(url)
        #expect(text == expected, sourceLocation: sourceLocation)
    }

    /// Gets the whole body.
    func text(_ url: String = "http://users/", timeout: TimeAmount = .seconds(30)) async throws -> String {
        String(buffer: try await get(url, timeout: timeout).body.collect(upTo: 1 << 20))
    }
}

/// Runs `body` with a mesh that is shut down afterwards, whatever happens; and expects that nothing is left of any call then.
func withMesh(
    _ users: UsersMesh,
    sourceLocation: SourceLocation = #_sourceLocation,
    _ body: (UsersMesh) async throws -> Void
) async throws {
    do {
        try await body(users)
        // The end of a body reaches the mesh a moment after its reader.
        try await eventually("something is left of a call", sourceLocation: sourceLocation) { users.mesh.isSettled }
    } catch {
        await users.mesh.shutdown()
        throw error
    }
    await users.mesh.shutdown()
}

/// The error that `body` throws, as the mesh's own.
func meshError(_ body: () async throws -> Void) async throws -> MeshError {
    do {
        try await body()
    } catch let error as MeshError {
        return error
    }
    throw NoError()
}
#endif

#if AsyncHTTPClient
public import AsyncHTTPClient
public import Logging
import MeshCore
import MeshHTTP
public import NIOCore
public import ServiceMesh
import Synchronization

/// The mesh with the face of AsyncHTTPClient: code that calls `execute(_:timeout:logger:)` or `execute(_:deadline:logger:)` stays as it is.
///
/// ```swift
/// let client = MeshHTTPClient(mesh)
/// let response = try await client.execute(HTTPClientRequest(url: "http://users/42"), timeout: .seconds(2))
/// ```
///
/// The host of the URL names a service of the mesh; a port in the URL is not read, because discovery says where the
/// endpoints listen. Differences to AsyncHTTPClient, all of them on purpose:
///
/// - The timeout bounds the whole call, body included; AsyncHTTPClient's ends at the head.
/// - A request that may be repeated is, on another endpoint, within the budget of the service.
/// - Redirects are not followed: the response says where it wants to go.
/// - Errors are `MeshError`, with what AsyncHTTPClient said as the cause of each attempt.
/// - A logger is told of each attempt by AsyncHTTPClient; what the mesh does between them is in its events, metrics and spans.
/// - A request with a `localAddress` is refused: it is set for all in `AsyncHTTPClientTransport.Configuration.base`.
/// - A request with a `tlsConfiguration` is refused where the transport has credentials (`AsyncHTTPClientTransport.Configuration.tls`),
///   which say what is trusted; without them it counts.
/// - Of the ways to make a request there are the two `async` ones. Those with a delegate, with futures, or named after methods
///   (`get`, `post`) are not.
///
/// With the policy `prequal` it sends the probes, `GET` of `ServiceConfiguration.probePath`, with the scheme of the first request to the
/// service and the TLS configuration of the transport.
///
/// Make one and keep it. The mesh closes its connections when it shuts down.
public final class MeshHTTPClient: Sendable {
    /// What becomes of a request whose host is not a service of the mesh.
    public enum OtherHosts: Sendable {
        /// It fails with `UnknownServiceError`.
        case refuse
        /// It goes through this client as if there were no mesh. Whoever made the client shuts it down.
        case forward(to: HTTPClient)
    }

    /// The client of one service. A class, because the stack in it is large and taken out with every call.
    private final class Client: Sendable {
        typealias Stack = ServiceClient<
            RemainingTimeTransport<AsyncHTTPClientTransport>,
            HTTPClassifier<AsyncHTTPClientRequest, AsyncHTTPClientResponse>
        >

        let stack: Stack

        init(_ stack: Stack) {
            self.stack = stack
        }
    }

    private let mesh: Mesh
    private let transport: AsyncHTTPClientTransport.Configuration
    private let otherHosts: OtherHosts
    private let replayLimit: Int
    private let clients = Mutex<[String: Client]>([:])

    /// Creates a client. Opens no connection.
    ///
    /// - Parameters:
    ///   - mesh: Knows the services.
    ///   - transport: How to connect: TLS, connect timeout, event loops and so on.
    ///   - otherHosts: What becomes of a request to somebody who is not in the mesh; refused unless said otherwise.
    ///   - replayLimit: How many bytes of a streaming request body are kept so that it can be sent again; 64 KiB unless
    ///     said otherwise. Beyond it the request gets one attempt.
    /// - Precondition: `replayLimit` is not negative.
    public init(
        _ mesh: Mesh,
        transport: AsyncHTTPClientTransport.Configuration = AsyncHTTPClientTransport.Configuration(),
        otherHosts: OtherHosts = .refuse,
        replayLimit: Int = 64 * 1024
    ) {
        precondition(replayLimit >= 0, "the replay limit must not be negative")
        self.mesh = mesh
        self.transport = transport
        self.otherHosts = otherHosts
        self.replayLimit = replayLimit
    }

    /// Calls the service that the URL names.
    ///
    /// - Parameters:
    ///   - request: The request. Its URL is `http://SERVICE/PATH` or `https://SERVICE/PATH`.
    ///   - timeout: How long the call may take, all attempts and the body included.
    ///   - logger: What AsyncHTTPClient tells of each attempt, at the levels `debug` and `trace`.
    /// - Returns: The response as soon as its head is in. Its body must be read or dropped.
    /// - Throws: `MeshError`; `UnknownServiceError`; `CancellationError` when the task is cancelled.
    public func execute(
        _ request: HTTPClientRequest,
        timeout: TimeAmount,
        logger: Logger? = nil
    ) async throws -> HTTPClientResponse {
        guard let client = try client(for: request) else {
            return try await forward(request, timeout: timeout, logger: logger)
        }
        var prepared = AsyncHTTPClientRequest(request, logger: logger)
        prepared.prepareForReplay(limit: replayLimit)
        return try await client.stack.call(prepared, timeout: .nanoseconds(timeout.nanoseconds)).message
    }

    /// Calls the service that the URL names, by a deadline; see ``execute(_:timeout:logger:)``.
    public func execute(
        _ request: HTTPClientRequest,
        deadline: NIODeadline,
        logger: Logger? = nil
    ) async throws -> HTTPClientResponse {
        try await execute(request, timeout: deadline - .now(), logger: logger)
    }

    private func client(for request: HTTPClientRequest) throws -> Client? {
        guard let host = URLHost.find(in: request.url) else {
            throw InvalidTargetError(text: request.url, reason: "the URL has no host to name a service")
        }
        if let client = clients.withLock({ $0[host] }) { return client }
        guard let service = try? ServiceName(validating: host), mesh.configuration.services[service] != nil else {
            if case .forward = otherHosts { return nil }
            throw UnknownServiceError(host, in: mesh)
        }
        return try clients.withLock { clients in
            if let client = clients[host] { return client }
            let scheme = request.url.prefix { $0 != ":" }.lowercased()
            let client = Client(
                try mesh.httpClient(for: service, over: AsyncHTTPClientTransport(transport)) { path in
                    AsyncHTTPClientRequest(HTTPClientRequest(url: "\(scheme)://\(service)\(path)"))
                }
            )
            clients[host] = client
            return client
        }
    }

    private func forward(
        _ request: HTTPClientRequest,
        timeout: TimeAmount,
        logger: Logger?
    ) async throws -> HTTPClientResponse {
        guard case .forward(let client) = otherHosts else { preconditionFailure("only for hosts that are forwarded") }
        return try await client.execute(request, timeout: timeout, logger: logger)
    }
}
#endif

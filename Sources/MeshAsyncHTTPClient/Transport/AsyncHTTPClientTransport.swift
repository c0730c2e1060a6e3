#if AsyncHTTPClient
import AsyncHTTPClient
public import MeshCore
public import MeshHTTP
import NIOCore
import NIOHTTP1

/// Sends requests of AsyncHTTPClient to endpoints, over connections of AsyncHTTPClient.
///
/// The request names the service, `http://users/42`; the endpoint says where to connect. What reaches the server names
/// the service still:
///
/// - `Host` is the host of the URL, unless the request sets its own.
/// - With `https`, server name and certificate are those of the host of the URL, whatever the address of the endpoint,
///   its host name included; an endpoint that expects the identity `.dnsName` must prove that name instead. If the
///   host of the URL is an IP address, the certificate must be for the address of the endpoint.
/// - With `https` and credentials of the mesh's, ``Configuration/tls``, the endpoint must prove the identity that it is
///   expected to have, a SPIFFE ID most often, and sees ours. Without them a request to an endpoint that expects a SPIFFE
///   identity fails.
///
/// Every endpoint gets clients of its own (about 50 us and a few KiB each, made when they are needed), which are
/// shut down when the endpoint has been retired and its last response is over. See ``Configuration`` for what is
/// changed in the user's configuration and why.
///
/// A call waits for a connection at most for ``Configuration/connectTimeout``, and for everything after that until
/// its `context.cancellation` is given or its task cancelled: the transport measures no time itself.
public final class AsyncHTTPClientTransport: HTTPTransport {
    private let core: TransportCore

    /// Creates a transport. Opens no connection.
    public init(_ configuration: Configuration = Configuration()) {
        core = TransportCore(configuration)
    }

    /// Sends `request` to `endpoint` and returns when the head of the response is in.
    ///
    /// - Throws: ``AsyncHTTPClientTransportError``, `CancellationError` or the reason of `context.cancellation`.
    public func send(
        _ request: AsyncHTTPClientRequest,
        to endpoint: Endpoint,
        context: CallContext
    ) async throws -> AsyncHTTPClientResponse {
        guard request.message.localAddress == nil else {
            throw AsyncHTTPClientTransportError.refused(
                UnsupportedRequestError(
                    "a local address for one request; set it in the configuration of the transport"
                ),
                from: endpoint.address
            )
        }
        let (head, body) = try await core.send(
            TransportCore.Outgoing(
                method: request.message.method,
                url: request.message.url,
                headers: request.message.headers,
                body: request.body,
                tlsConfiguration: request.message.tlsConfiguration,
                logger: request.logger
            ),
            to: endpoint,
            context: context
        )
        return AsyncHTTPClientResponse(head, body: body, to: request.message)
    }

    /// The endpoint left its set: its client is shut down when its calls are over. A later request makes a new one.
    public func retire(_ endpoint: Endpoint) { core.clients.retire(endpoint.address) }

    /// Stops every call with the reason `shutDown`, and returns when all connections are closed.
    ///
    /// A connection that is being made is waited for, so this may take as long as ``Configuration/connectTimeout``.
    public func shutdown() async { await core.clients.shutdown() }

    /// How many clients are not closed.
    var openClientCount: Int { core.clients.openCount }
}
#endif

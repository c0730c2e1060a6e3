#if AsyncHTTPClient
import HTTPTypes
public import MeshCore
public import MeshHTTP
import NIOHTTP1

/// Sends requests in the mesh's own terms (`HTTPCallRequest`) over connections of AsyncHTTPClient.
///
/// Everything that is said of ``AsyncHTTPClientTransport`` holds; only the types of the messages differ. A request
/// without a scheme goes out as `http`, one without an authority to the name of the service, one without a path to
/// `/`.
/// Trailers of a request are refused with ``UnsupportedRequestError`` before anything is sent: the stable interface of
/// AsyncHTTPClient takes none.
public final class AsyncHTTPClientCallTransport: HTTPTransport {
    private let core: TransportCore

    /// Creates a transport. Opens no connection.
    public init(_ configuration: AsyncHTTPClientTransport.Configuration = .init()) {
        core = TransportCore(configuration)
    }

    /// Sends `request` to `endpoint` and returns when the head of the response is in.
    ///
    /// - Throws: ``AsyncHTTPClientTransportError``, `CancellationError` or the reason of `context.cancellation`.
    public func send(
        _ request: HTTPCallRequest,
        to endpoint: Endpoint,
        context: CallContext
    ) async throws -> HTTPCallResponse {
        guard request.body.trailers == nil else {
            throw AsyncHTTPClientTransportError.refused(
                UnsupportedRequestError("fields behind the body, which AsyncHTTPClient cannot send"),
                from: endpoint.address
            )
        }
        let head = request.head
        var headers = HTTPHeaders()
        headers.reserveCapacity(head.headerFields.count + 1)
        // The host goes with the URL, from which the core makes the field.
        for field in head.headerFields where field.name != .host {
            headers.add(name: field.name.rawName, value: field.value)
        }
        let (responseHead, body) = try await core.send(
            TransportCore.Outgoing(
                method: HTTPMethod(rawValue: head.method.rawValue),
                url: "\(head.scheme ?? "http")://\(request.authority ?? context.service.rawValue)\(head.path ?? "/")",
                headers: headers,
                body: request.outgoingBody,
                tlsConfiguration: nil,
                logger: nil
            ),
            to: endpoint,
            context: context
        )
        var response = HTTPResponse(
            status: HTTPResponse.Status(
                code: Int(responseHead.status.code),
                reasonPhrase: responseHead.status.reasonPhrase
            )
        )
        response.headerFields.reserveCapacity(responseHead.headers.count)
        for (name, value) in responseHead.headers {
            if let name = HTTPField.Name(name) { response.headerFields.append(HTTPField(name: name, value: value)) }
        }
        // The Content-Length of these says what the length would be.
        let hasBody = head.method != .head && responseHead.status != .notModified
        let length = hasBody ? responseHead.headers.first(name: "Content-Length").flatMap { Int64($0) } : nil
        return HTTPCallResponse(response, body: HTTPBody(source: body, length: length))
    }

    /// The endpoint left its set: its client is shut down when its calls are over. A later request makes a new one.
    public func retire(_ endpoint: Endpoint) { core.clients.retire(endpoint.address) }

    /// Stops every call with the reason `shutDown`, and returns when all connections are closed.
    public func shutdown() async { await core.clients.shutdown() }
}

extension HTTPCallRequest {
    fileprivate var outgoingBody: RequestBody { RequestBody(body) }
}
#endif

#if AsyncHTTPClient
import AsyncHTTPClient
import MeshCore
import NIOCore
import NIOHTTP1
import NIOSSL

/// What the two transports have in common: finding the client for an endpoint and running an exchange on it.
struct TransportCore: Sendable {
    /// A request without the types of either transport.
    struct Outgoing {
        let method: HTTPMethod
        let url: String
        let headers: HTTPHeaders
        let body: RequestBody
        let tlsConfiguration: TLSConfiguration?
    }

    let clients: ClientPool
    private let limits: Exchange.Limits

    init(_ configuration: AsyncHTTPClientTransport.Configuration) {
        clients = ClientPool(configuration: configuration.client, eventLoopGroup: configuration.eventLoopGroup)
        limits = configuration.limits
    }

    func send(
        _ outgoing: Outgoing,
        to endpoint: Endpoint,
        context: CallContext
    ) async throws -> (HTTPResponseHead, ResponseBody) {
        try Task.checkCancellation()
        if let reason = context.cancellation?.reason { throw reason }

        let address = endpoint.address
        let body: OutgoingBody
        let client: PooledClient
        var request: HTTPClient.Request
        do {
            body = try await OutgoingBody(outgoing.body)
            client = try clients.acquire(address, tlsName: try tlsName(outgoing.url, endpoint))
        } catch let error as InvalidURLError {
            throw AsyncHTTPClientTransportError.refused(error, from: address)
        } catch let error as UnsupportedRequestError {
            throw AsyncHTTPClientTransportError.refused(error, from: address)
        }
        let exchange = Exchange(on: client, body: body, limits: limits)
        do {
            let template = try client.templates.template(outgoing.method, outgoing.url) {
                let url = try RequestURL(outgoing.url)
                return RequestTemplate(
                    request: try HTTPClient.Request(url: client.origin + url.target, method: outgoing.method),
                    authority: url.authority
                )
            }
            request = template.request
            request.headers = outgoing.headers
            if !request.headers.contains(name: "Host") { request.headers.add(name: "Host", value: template.authority) }
            request.body = body.content
            if let tlsConfiguration = outgoing.tlsConfiguration { request.tlsConfiguration = tlsConfiguration }
        } catch {
            client.release()
            throw AsyncHTTPClientTransportError.refused(error, from: address)
        }
        context.cancellation?.onCancel { exchange.stop($0) }
        return (try await exchange.run(request), ResponseBody(of: exchange))
    }

    /// The name that the endpoint has to prove; `nil` without TLS.
    private func tlsName(_ url: String, _ endpoint: Endpoint) throws -> String? {
        let isTLS = url.utf8.count > 5 && (url.utf8.dropFirst(4).first ?? 0) | 0x20 == UInt8(ascii: "s")
        switch endpoint.expectedIdentity {
        case nil:
            guard isTLS else { return nil }
            if case .unix = endpoint.address {
                throw UnsupportedRequestError("https over a Unix-domain socket")
            }
            return try RequestURL(url).host
        case .dnsName(let name) where isTLS:
            return name.lowercased()
        case .some(let identity):
            throw UnsupportedRequestError(
                isTLS
                    ? "AsyncHTTPClient cannot verify the identity \(identity)"
                    : "the identity \(identity) cannot be verified without https"
            )
        }
    }
}
#endif

#if AsyncHTTPClient
import AsyncHTTPClient
import Logging
import MeshCore
import MeshTLS
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
        let logger: Logger?
    }

    let clients: ClientPool
    private let tls: ClientTLS?
    /// What TLS goes by where there are no credentials of the mesh's.
    private let base: TLSConfiguration?
    private let limits: Exchange.Limits

    init(_ configuration: AsyncHTTPClientTransport.Configuration) {
        tls = configuration.tls
        base = configuration.base.tlsConfiguration
        clients = ClientPool(
            configuration: configuration.client,
            tls: configuration.tls,
            eventLoopGroup: configuration.eventLoopGroup
        )
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
            client = try clients.acquire(try key(outgoing, endpoint))
        } catch let error as InvalidURLError {
            throw AsyncHTTPClientTransportError.refused(error, from: address)
        } catch let error as UnsupportedRequestError {
            throw AsyncHTTPClientTransportError.refused(error, from: address)
        } catch let error as TLSError {
            throw AsyncHTTPClientTransportError(.connectionFailed, error.outcome, error, from: address)
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
        return (try await exchange.run(request, logger: outgoing.logger), ResponseBody(of: exchange))
    }

    /// Which client the request needs.
    private func key(_ outgoing: Outgoing, _ endpoint: Endpoint) throws -> ClientKey {
        let url = outgoing.url
        let isTLS = url.utf8.count > 5 && (url.utf8.dropFirst(4).first ?? 0) | 0x20 == UInt8(ascii: "s")
        let expected = endpoint.expectedIdentity ?? tls?.configuration.expectedIdentity
        guard isTLS else {
            if let identity = expected {
                throw UnsupportedRequestError("the identity \(identity) cannot be verified without https")
            }
            return ClientKey(address: endpoint.address, tlsName: nil)
        }
        let name: String
        if case .dnsName(let expected) = expected {
            name = expected.lowercased()
        } else {
            if case .unix = endpoint.address { throw UnsupportedRequestError("https over a Unix-domain socket") }
            name = try RequestURL(url).host
        }
        guard tls != nil else {
            switch expected {
            case nil: return ClientKey(address: endpoint.address, tlsName: name)
            case .dnsName:
                let configuration = outgoing.tlsConfiguration ?? base
                guard configuration.map({ $0.certificateVerification == .fullVerification }) ?? true else {
                    throw UnsupportedRequestError(
                        "the name \(name) is expected, and the TLS configuration does not verify names"
                    )
                }
                return ClientKey(address: endpoint.address, tlsName: name)
            case .some(let identity):
                throw UnsupportedRequestError(
                    "the identity \(identity) cannot be verified without credentials: set `tls` in the configuration"
                )
            }
        }
        guard outgoing.tlsConfiguration == nil else {
            throw UnsupportedRequestError("a TLS configuration for one request, where the transport has credentials")
        }
        return ClientKey(address: endpoint.address, tlsName: name, expected: expected)
    }
}
#endif

#if HTTP
import HTTPTypes
import MeshAdmission
import MeshCore
import MeshHTTP
import MeshLoadBalancing

/// Asks endpoints over HTTP how loaded they are: `GET` of a path, answered in the ``ProbeHeader``.
struct HTTPProber<Carrier: HTTPTransport>: EndpointProber
where Carrier.Request == HTTPCallRequest, Carrier.Response == HTTPCallResponse {
    let transport: DeadlineTransport<Carrier>
    let service: ServiceName
    let path: String
    let clock: MeshClock

    func probe(_ endpoint: Endpoint, timeout: Duration) async -> ProbeResponse? {
        let now = clock.now
        let context = CallContext(service: service, startedAt: now, deadline: .after(timeout, from: now))
        let head = HTTPRequest(method: .get, scheme: "http", authority: service.rawValue, path: path)
        // An endpoint that does not answer is not an ill one: calls tell.
        guard let response = try? await transport.send(HTTPCallRequest(head), to: endpoint, context: context) else {
            return nil
        }
        let text = response.headerValue(ProbeHeader.name)
        response.body.discard()
        return text.flatMap { try? ProbeHeader.response($0) }
    }
}
#endif

import MeshAdmission
import MeshCore
import MeshHTTP
import MeshLoadBalancing

/// Asks endpoints over HTTP how loaded they are: one request, answered in the ``ProbeHeader``.
struct HTTPProber<Carrier: HTTPTransport>: EndpointProber {
    let transport: DeadlineTransport<Carrier>
    let service: ServiceName
    let request: Carrier.Request
    let clock: MeshClock

    func probe(_ endpoint: Endpoint, timeout: Duration) async -> ProbeResponse? {
        let now = clock.now
        let context = CallContext(service: service, startedAt: now, deadline: .after(timeout, from: now))
        // An endpoint that does not answer is not an ill one: calls tell.
        guard let response = try? await transport.send(request, to: endpoint, context: context) else { return nil }
        let text = response.headerValue(ProbeHeader.name)
        response.discard()
        return text.flatMap { try? ProbeHeader.response($0) }
    }
}

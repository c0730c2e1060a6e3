import MeshAdmission
package import MeshCore
package import MeshHTTP
import MeshLoadBalancing

extension Mesh {
    /// Makes a client of an HTTP service in the messages of `transport`: statuses are judged as ``ServiceConfiguration/http`` says, and
    /// each attempt tells the next hop how much time is left.
    ///
    /// - Parameter probe: Makes a request with the method `GET` and a path, for the probes of the policy `prequal`; not asked for one if
    ///   the transport probes in its own way.
    package func httpClient<Carrier: HTTPTransport>(
        for service: ServiceName,
        over transport: Carrier,
        probe: (_ path: String) -> Carrier.Request
    ) throws -> ServiceClient<
        RemainingTimeTransport<Carrier>, HTTPClassifier<Carrier.Request, Carrier.Response>
    > {
        guard let settings = configuration.services[service] else {
            throw UnknownServiceError(service.rawValue, in: self)
        }
        let client = try client(
            for: service,
            over: RemainingTimeTransport(transport),
            classifier: HTTPClassifier<Carrier.Request, Carrier.Response>(settings.http)
        )
        if case .prequal = settings.loadBalancing, let path = settings.probePath,
            ServiceRuntime.prober(in: transport) == nil
        {
            client.runtime.probe(
                by: HTTPProber(
                    transport: DeadlineTransport(transport, wheel: parts.wheel),
                    service: service,
                    request: probe(path),
                    clock: clock
                )
            )
        }
        return client
    }
}
